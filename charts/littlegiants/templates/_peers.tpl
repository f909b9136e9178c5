{{/* Replicas that follow a channel load new weights in turn; the canary stands beside them and follows the candidate. */}}
{{- define "littlegiants.peerArgs" -}}
{{- if .isCanary }}
- --candidate
{{- else if not .root.Values.serving.together }}
- --peers={{ include "littlegiants.address" . }}
- --own-address=$(POD_IP):{{ .root.Values.service.port }}
{{- end }}
{{- end }}

{{/* Its own address, and what it shows to the others. */}}
{{- define "littlegiants.peerEnv" -}}
{{- $v := .root.Values -}}
{{- if and (eq .role.source.kind "channel") (ne $v.serving.backend "kserve") (not $v.serving.together) }}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{- if ne $v.tls.mode "none" }}
- {name: LITTLEGIANTS_CA, value: /etc/littlegiants/tls/ca.crt}
{{- end }}
{{- if $v.tls.clientCaSecret }}
{{- $shown := ternary "client" "tls" (ne $v.tls.clientSecret "") }}
- {name: LITTLEGIANTS_CERT, value: /etc/littlegiants/{{ $shown }}/tls.crt}
- {name: LITTLEGIANTS_KEY, value: /etc/littlegiants/{{ $shown }}/tls.key}
{{- end }}
{{- end }}
{{- end }}
