{{/* Stages that train in their own pods, and those in which a model reads many texts: GPUs, and where these are. */}}
{{- define "littlegiants.stepTraining" -}}
{{- $t := .root.Values.trainer -}}
labels: {{ include "littlegiants.labelsOfSteps" .root }}
{{- range $side, $key := dict "request" "requests" "limit" "limits" }}
{{- range $name, $amount := pick (default dict (get $t.resources $key)) "cpu" "memory" }}
{{ $name }}_{{ $side }}: {{ $amount | toString | quote }}
{{- end }}
{{- end }}
shm: {{ $t.shm }}
{{- with $t.nodeSelector }}
node_selector: {{ toJson . }}
{{- end }}
{{- with $t.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- if gt (int .count) 0 }}
accelerator: {type: {{ $t.gpuResource }}, count: {{ .count }}, shares: {{ $t.gpuShares }}}
{{- end }}
{{- end }}

{{/* Labels by which a step wakes the roles that it calls. */}}
{{- define "littlegiants.stepLabels" -}}
{{- $labels := include "littlegiants.labelsOfSteps" .root | fromJson -}}
{{- range .roles -}}
{{- $role := include "littlegiants.role" (dict "root" $.root "override" (get $.root.Values.roles .)) | fromYaml -}}
{{- $part := include "littlegiants.servedBy" (dict "root" $.root "part" .) -}}
{{- $labels = merge $labels (include "littlegiants.wake" (dict "root" $.root "part" $part "role" $role) | fromYaml) -}}
{{- end -}}
labels: {{ toJson $labels }}
{{- end }}

{{/* What steps need to be let in by the release's own generators. */}}
{{- define "littlegiants.checkCredentials" -}}
{{- if and (ne .tls.mode "none") (not .pipelines.caSecret) -}}
{{- fail "pipelines.caSecret: generators show a certificate; name a secret with its CA (ca.crt) that is where the steps run" -}}
{{- end -}}
{{- if and .tls.clientCaSecret (not .pipelines.clientSecret) -}}
{{- fail "pipelines.clientSecret: generators ask for a client's certificate; name a secret with tls.crt and tls.key, signed by the CA of tls.clientCaSecret, that is where the steps run" -}}
{{- end -}}
{{- if and .tokens.secret (not .pipelines.caller) -}}
{{- fail "pipelines.caller: generators ask for a token; name the key of tokens.secret that the steps call with" -}}
{{- end -}}
{{- end }}
