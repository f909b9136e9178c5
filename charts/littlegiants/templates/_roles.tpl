{{/* A role's settings: its profile, then `generator`, then the role's own; and what follows from them. */}}

{{- define "littlegiants.role" -}}
{{- $profile := index .root.Values.profiles .root.Values.profile -}}
{{- mergeOverwrite (deepCopy $profile) (deepCopy .root.Values.generator) (deepCopy .override) | toYaml -}}
{{- end }}

{{- define "littlegiants.isScaled" -}}
{{- if ne .autoscaling.kind "none" }}true{{ end -}}
{{- end }}

{{- define "littlegiants.isMany" -}}
{{- if or (include "littlegiants.isScaled" .) (gt (int .replicas) 1) }}true{{ end -}}
{{- end }}

{{/* Where clients find a role: every pod by its own address. */}}
{{- define "littlegiants.address" -}}
{{- printf "dns:///%s-headless.%s:%d" (include "littlegiants.of" .) .root.Release.Namespace (include "littlegiants.portOf" (merge (dict "first" .root.Values.service.port) .) | int) -}}
{{- end }}

{{/* Where pipelines find every role. */}}
{{- define "littlegiants.generators" -}}
{{- $of := dict "root" . "part" "{role}" -}}
{{- if .Values.serving.together }}{{ include "littlegiants.listed" . }}
{{- else }}{{ ternary (printf "kserve://%s/%s:%d" .Release.Namespace (include "littlegiants.of" $of) (int .Values.service.port)) (include "littlegiants.address" $of) (eq .Values.serving.backend "kserve") }}
{{- end -}}
{{- end }}

{{/* A number or a text as a flag has it, never 1e+06. */}}
{{- define "littlegiants.plain" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toJson . }}{{ end -}}
{{- end }}

{{/* The metric over all pods of a role, as Prometheus is asked for it; and how much of it a pod takes. */}}
{{- define "littlegiants.scaledOn" -}}
sum({{ .role.autoscaling.metric }}{namespace="{{ .root.Release.Namespace }}",pod=~"{{ include "littlegiants.of" . }}-.*"})
{{- end }}

{{- define "littlegiants.scaleTarget" -}}
{{- default .server.maxSeqs .autoscaling.target | int -}}
{{- end }}

{{- define "littlegiants.pairs" -}}
{{- $pairs := list -}}
{{- range $key, $value := . }}{{ $pairs = append $pairs (printf "%s=%s" $key $value) }}{{ end -}}
{{- join "," $pairs -}}
{{- end }}
