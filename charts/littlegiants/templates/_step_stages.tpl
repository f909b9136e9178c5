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
