{{/* Probes of a generator. The kubelet's gRPC probe knows neither TLS nor tokens. */}}

{{- define "littlegiants.probeKind" -}}
{{- $by := .role.probes.by -}}
{{- ternary (ternary "grpc" "exec" (eq .root.Values.tls.mode "none")) $by (eq $by "auto") -}}
{{- end }}

{{/* The port opens when the model is loaded; the process ends by itself when its engine dies. */}}
{{- define "littlegiants.probes" -}}
{{- $port := int .root.Values.service.port -}}
{{- $isGrpc := eq (include "littlegiants.probeKind" .) "grpc" -}}
{{- range $name, $service := dict "startup" "" "liveness" "" "readiness" "littlegiants.v1.ModelService" }}
{{ $name }}Probe:
  {{- if $isGrpc }}
  grpc:
    port: {{ $port }}
    {{- with $service }}
    service: {{ . }}
    {{- end }}
  {{- else if $service }}
  exec:
    command: {{- include "littlegiants.health" $.root | nindent 6 }}
  {{- else }}
  tcpSocket:
    port: {{ $port }}
  {{- end }}
  {{- toYaml (index $.role.probes $name) | nindent 2 }}
{{- end }}
{{- end }}

{{- define "littlegiants.health" -}}
- python
- -m
- littlegiants
- health
- --address=127.0.0.1:{{ .Values.service.port }}
- --wait-s=5
{{- include "littlegiants.clientFlags" . }}
{{- end }}

{{/* What a client of ours in a pod of ours shows. */}}
{{- define "littlegiants.clientFlags" -}}
{{- if ne .Values.tls.mode "none" }}
- --ca=/etc/littlegiants/tls/ca.crt
{{- if .Values.tls.clientCaSecret }}
- --cert=/etc/littlegiants/{{ ternary "client" "tls" (ne .Values.tls.clientSecret "") }}/tls.crt
- --key=/etc/littlegiants/{{ ternary "client" "tls" (ne .Values.tls.clientSecret "") }}/tls.key
{{- end }}
{{- end }}
{{- end }}
