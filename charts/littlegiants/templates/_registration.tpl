{{/* How the pipeline becomes known to Kubeflow Pipelines. */}}

{{/* Its name: the release's, with the release's namespace where the pipeline is elsewhere, beside those of others. */}}
{{- define "littlegiants.pipelineName" -}}
{{- $where := ternary (include "littlegiants.tenant" . | default "kubeflow") (default .Release.Namespace .Values.pipelines.namespace) (eq .Values.pipelines.register "job") -}}
{{- $own := include "littlegiants.fullname" . -}}
{{- ternary $own (printf "%s-%s" $own .Release.Namespace) (eq $where .Release.Namespace) -}}
{{- end }}

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
- --pipeline={{ include "littlegiants.pipelineName" . }}
- --wait-s={{ $p.waitSeconds }}
- --version={{ .Chart.Version }}
- --placement=/etc/littlegiants/placement/placement.yaml
{{- end }}
{{- end }}

{{/* What the pod that starts a run says beside its command: the restricted standard. It writes where the image lets it. */}}
{{- define "littlegiants.submitPod" -}}
{{- $container := dict "name" "submit" "securityContext" (omit .Values.pod.containerSecurityContext "readOnlyRootFilesystem") -}}
{{- $pod := dict "securityContext" .Values.pod.securityContext "containers" (list $container) -}}
{{- include "littlegiants.pullSecrets" . | fromYaml | merge $pod | dict "apiVersion" "v1" "spec" | toJson -}}
{{- end }}
