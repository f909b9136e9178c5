{{/* What the release knows of its pipeline's steps, as a placement: the values say nothing twice. */}}
{{- define "littlegiants.stepDefaults" -}}
{{- $v := .Values -}}{{- $p := $v.pipelines -}}
{{- $variables := dict -}}{{- $secrets := list -}}
{{- range (printf "env: %s" (include "littlegiants.storeEnv" . | trim | default "[]" | nindent 2) | fromYaml).env -}}
{{- if .value }}{{ $variables = set $variables .name .value }}{{ end -}}
{{- end -}}
{{- with $v.metrics.pushgateway -}}
{{- $labels := printf "release=%s,namespace=%s" $.Release.Name $.Release.Namespace -}}
{{- $variables = merge $variables (dict "LITTLEGIANTS_PUSHGATEWAY" . "LITTLEGIANTS_PUSH_LABELS" $labels) -}}
{{- end -}}
{{- if and (eq $v.storage.kind "s3") $v.storage.s3.secret -}}
{{- $keys := dict "AWS_ACCESS_KEY_ID" "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SECRET_ACCESS_KEY" -}}
{{- $secrets = append $secrets (dict "name" $v.storage.s3.secret "keys" $keys) -}}
{{- end -}}
{{- with $p.teacherSecret }}{{ $secrets = append $secrets (dict "name" . "keys" (dict "OPENAI_API_KEY" "OPENAI_API_KEY")) }}{{ end -}}
{{- if and $v.teacher.enabled $v.teacher.apiKeySecret (not $p.teacherSecret) -}}
{{- $secrets = append $secrets (dict "name" $v.teacher.apiKeySecret "keys" (dict "VLLM_API_KEY" "OPENAI_API_KEY")) -}}
{{- end -}}
{{- with default $v.generator.source.hf.tokenSecret $p.hfTokenSecret }}{{ $secrets = append $secrets (dict "name" . "keys" (dict "HF_TOKEN" "HF_TOKEN")) }}{{ end -}}
{{- if and $v.tokens.secret $p.caller }}{{ $secrets = append $secrets (dict "name" $v.tokens.secret "keys" (dict $p.caller "LITTLEGIANTS_TOKEN")) }}{{ end -}}
{{- if and $v.teacher.enabled (not (or $p.teacher $p.teacherSecret $v.teacher.apiKeySecret)) }}{{ $variables = set $variables "OPENAI_API_KEY" "none" }}{{ end -}}
environment: {{ merge (dict) $p.environment $variables | toJson }}
secret_variables: {{ toJson $secrets }}
{{- if and (eq $v.storage.kind "s3") $v.storage.s3.caSecret }}
secret_files: [{name: {{ $v.storage.s3.caSecret }}, path: /etc/littlegiants/store-ca}]
{{- end }}
{{- if and (eq $v.storage.kind "pvc") (eq (include "littlegiants.runNamespace" .) .Release.Namespace) }}
claims: [{name: {{ include "littlegiants.store" . }}, path: /store}]
{{- end }}
labels: {{ toJson $p.labels }}
pull_policy: {{ $v.images.pullPolicy }}
pull_secrets: {{ toJson $v.images.pullSecrets }}
{{- end }}

{{/* Stages that train in their own pods, and the one that evaluates: GPUs, and where these are. */}}
{{- define "littlegiants.stepTraining" -}}
{{- $t := .root.Values.trainer -}}
labels: {{ toJson .root.Values.pipelines.labels }}
{{- range $side, $key := dict "request" "requests" "limit" "limits" }}
{{- range $name, $amount := pick (default dict (get $t.resources $key)) "cpu" "memory" }}
{{ $name }}_{{ $side }}: {{ $amount | toString | quote }}
{{- end }}
{{- end }}
shm: {{ $t.shm }}
node_selector: {{ toJson $t.nodeSelector }}
tolerations: {{ toJson $t.tolerations }}
{{- if gt (int .count) 0 }}
accelerator: {type: {{ $t.gpuResource }}, count: {{ .count }}, shares: {{ $t.gpuShares }}}
{{- end }}
{{- end }}

{{/* Labels by which a step wakes the roles that it calls. */}}
{{- define "littlegiants.stepLabels" -}}
{{- $labels := deepCopy .root.Values.pipelines.labels -}}
{{- range .roles -}}
{{- $role := include "littlegiants.role" (dict "root" $.root "override" (get $.root.Values.roles .)) | fromYaml -}}
{{- $labels = merge $labels (include "littlegiants.wake" (dict "root" $.root "part" . "role" $role) | fromYaml) -}}
{{- end -}}
labels: {{ toJson $labels }}
{{- end }}
