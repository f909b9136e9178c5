{{/* Who may call, whatever `networkPolicy.callers` says: the release's own pods, those of `helm test` too, and steps, where they run. */}}
{{- define "littlegiants.callers" -}}
- podSelector: {matchLabels: {{ toJson .mine }}}
{{- if ne .root.Values.pipelines.register "none" }}
- namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ include "littlegiants.runNamespace" .root }}}}
{{- end }}
{{- with .root.Values.networkPolicy.callers }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A route's Gateway calls generators, and not the teacher. */}}
{{- define "littlegiants.gatewayCalls" -}}
{{- $o := .Values.outside -}}
{{- if eq $o.kind "grpcRoute" }}
- from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ default .Release.Namespace $o.gateway.namespace }}}}
  ports: {{- include "littlegiants.policyPorts" (dict "root" . "first" .Values.service.port) | nindent 4 }}
{{- end }}
{{- end }}
