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

{{/* The fields of a stage that there are; `job` refuses others when it compiles. */}}
{{- define "littlegiants.checkPlaced" -}}
{{- $fields := list "cpu_request" "cpu_limit" "memory_request" "memory_limit" "accelerator" "shm" "node_selector" "tolerations" "secret_variables" "secret_files" "claims" "environment" "labels" "annotations" "pull_secrets" "pull_policy" "timeout_s" "retries" -}}
{{- range $place, $pod := merge (dict "defaults" .defaults) .stages -}}
{{- range $field, $value := default dict $pod -}}
{{- if not (has $field $fields) }}{{ fail (printf "pipelines.placement: %s has no field %s; it has %s" $place $field (join ", " $fields)) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end }}
