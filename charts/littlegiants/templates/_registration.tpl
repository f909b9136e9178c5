{{/* How the pipeline becomes known to Kubeflow Pipelines. */}}

{{- define "littlegiants.registerArgs" -}}
{{- $p := .Values.pipelines -}}
- pipelines
{{- if ne $p.register "job" }}{{/* there for the claim alone: once mounted with an fsGroup, steps can write to it */}}
- --help
{{- else }}
- register
- --host={{ $p.host }}
{{- with include "littlegiants.tenant" . }}
- --namespace={{ . }}
{{- end }}
{{- if $p.token }}
- --token-file=/var/run/secrets/kubeflow/pipelines/token
{{- end }}
- --wait-s={{ $p.waitSeconds }}
- --version={{ .Chart.Version }}
- --placement=/etc/littlegiants/placement/placement.yaml
{{- end }}
{{- end }}
