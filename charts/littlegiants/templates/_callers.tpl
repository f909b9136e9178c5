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

{{/* Who carries calls from outside reaches generators, and not the teacher. */}}
{{- define "littlegiants.gatewayCalls" -}}
{{- $o := .Values.outside -}}
{{- $gateway := ternary (default .Release.Namespace $o.gateway.namespace) "" (eq $o.kind "grpcRoute") -}}
{{- with ternary list (list $gateway $o.proxyNamespace | compact | uniq) (eq $o.kind "none") }}
- from:
    {{- range . }}
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ . }}}}
    {{- end }}
  ports: {{- include "littlegiants.policyPorts" (dict "root" $ "first" $.Values.service.port) | nindent 4 }}
{{- end }}
{{- end }}
