{{/* Whose the pipeline is in Kubeflow, and where its steps run. */}}
{{- define "littlegiants.tenant" -}}
{{- default (ternary .Release.Namespace "" .Values.pipelines.token) .Values.pipelines.namespace -}}
{{- end }}

{{/* Accounts of the steps, as a JSON list: those of Kubeflow's own installations, unless values name others. */}}
{{- define "littlegiants.accounts" -}}
{{- $single := list (dict "name" "pipeline-runner" "namespace" "kubeflow") -}}
{{- $many := list (dict "name" "default-editor" "namespace" (include "littlegiants.tenant" .)) -}}
{{- default (ternary $many $single .Values.pipelines.token) .Values.pipelines.serviceAccounts | toJson -}}
{{- end }}

{{- define "littlegiants.runNamespace" -}}
{{- $account := include "littlegiants.accounts" . | fromJsonArray | first -}}
{{- default (ternary (include "littlegiants.tenant" .) $account.namespace .Values.pipelines.token) .Values.pipelines.runNamespace -}}
{{- end }}

{{/* Labels of pods that wake a role from nothing. */}}
{{- define "littlegiants.wake" -}}
{{- $scale := .role.autoscaling -}}
{{- if and (eq $scale.kind "keda") (or $scale.wake (eq (int $scale.minReplicas) 0)) -}}
{{- default (dict (printf "littlegiants/calls-%s" .part) (include "littlegiants.fullname" .root)) $scale.wake | toYaml -}}
{{- else -}}
{}
{{- end -}}
{{- end }}

{{/* A step wakes generators of its own namespace alone. */}}
{{- define "littlegiants.checkWake" -}}
{{- $where := include "littlegiants.runNamespace" .root -}}
{{- if and (ne .root.Values.pipelines.register "none") (eq (int .role.autoscaling.minReplicas) 0) (eq .role.autoscaling.kind "keda") (ne $where .root.Release.Namespace) -}}
{{- fail (printf "roles.%s.autoscaling.minReplicas: KEDA counts pods of the release's own namespace, and steps run in %s; install the release there, or keep one replica" .part $where) -}}
{{- end -}}
{{- if ne .root.Values.pipelines.register "none" }}{{ include "littlegiants.checkCredentials" .root.Values }}{{ end -}}
{{- end }}
