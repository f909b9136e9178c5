{{/* Labels of a stage's pod, image pulls, and how long it may take. */}}
{{- define "littlegiants.stepLife" -}}
{{- if or .labels .annotations }}
podMetadata:
  {{- with .labels }}
  labels: {{ toJson . }}
  {{- end }}
  {{- with .annotations }}
  annotations: {{ toJson . }}
  {{- end }}
{{- end }}
{{- with .pull_policy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- with .pull_secrets }}
imagePullSecret:
  {{- range . }}
  - {secretName: {{ . }}, secretNameParameter: {runtimeValue: {constant: {{ . }}}}}
  {{- end }}
{{- end }}
{{- with .timeout_s }}
activeDeadlineSeconds: {{ int . | toString | quote }}
{{- end }}
{{- end }}

{{/* How often a task is tried, and whether Kubeflow may skip it. */}}
{{- define "littlegiants.stepTries" -}}
{{- with .pod.retries }}
retryPolicy: {maxRetryCount: {{ . }}, backoffDuration: 10s, backoffFactor: 2.0, backoffMaxDuration: 3600s}
{{- end }}
cachingOptions: {{ ternary (dict "enableCache" true) dict (default false .placed.caching) | toJson }}
{{- end }}
