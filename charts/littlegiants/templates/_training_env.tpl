{{/* What a node of a training has in its environment: what a step has, but for the teacher and the generators. */}}
{{- define "littlegiants.trainingEnv" -}}
{{- $p := .Values.pipelines -}}
{{- $said := $p.placement.defaults | default dict -}}
{{- $env := dict -}}
{{- range (printf "env: %s" (include "littlegiants.storeEnv" . | trim | default "[]" | nindent 2) | fromYaml).env }}{{ $env = set $env .name . }}{{ end -}}
{{- with default .Values.generator.source.hf.tokenSecret $p.hfTokenSecret -}}
{{- $env = dict "name" . "key" "HF_TOKEN" | dict "secretKeyRef" | dict "name" "HF_TOKEN" "valueFrom" | set $env "HF_TOKEN" -}}
{{- end -}}
{{- if .Values.modelCache.claim }}{{ $env = dict "name" "HF_HOME" "value" (include "littlegiants.hubCache" .) | set $env "HF_HOME" }}{{ end -}}
{{- range $name, $value := merge (dict) (default dict $said.environment) $p.environment }}{{ $env = dict "name" $name "value" $value | set $env $name }}{{ end -}}
{{- range $secret := $said.secret_variables }}{{ range $key, $variable := $secret.keys -}}
{{- $env = dict "name" $secret.name "key" $key "optional" (default false $secret.optional) | dict "secretKeyRef" | dict "name" $variable "valueFrom" | set $env $variable -}}
{{- end }}{{ end -}}
{{- range $name := keys $env | sortAlpha }}
- {{ get $env $name | toJson }}
{{- end }}
{{- end }}
