{{/* The label by which Kueue admits a Deployment, a step's pod or a TrainJob; and all labels of steps. */}}
{{- define "littlegiants.queue" -}}
{{- with .Values.kueue.queue }}{{ dict "kueue.x-k8s.io/queue-name" . | toYaml }}{{ else }}{}{{ end -}}
{{- end }}

{{- define "littlegiants.labelsOfSteps" -}}
{{- merge (dict) .Values.pipelines.labels (include "littlegiants.queue" . | fromYaml) | toJson -}}
{{- end }}
