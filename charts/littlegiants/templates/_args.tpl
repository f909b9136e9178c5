{{/* The command line of a generator; `c` is (dict "root" $ "part" "senior" "role" SETTINGS). */}}
{{- define "littlegiants.args" -}}
{{- $v := .root.Values -}}
- services.generator
{{- if $v.serving.together }}
- --roles={{ include "littlegiants.rolesOf" . | fromJsonArray | join "," }}
{{- else }}
- --role={{ .part }}
{{- end }}
{{- if eq $v.serving.backend "kserve" }}
- --model=/mnt/models
{{- else if eq .role.source.kind "channel" }}
- --weights={{ include "littlegiants.channel" (dict "root" .root "source" .role.source) }}
- --cache=/var/lib/littlegiants/weights
{{- include "littlegiants.peerArgs" . }}
{{- else }}
- --model={{ include "littlegiants.modelFolder" .role.source }}
{{- end }}
- --port={{ $v.service.port }}
{{- if $v.admin.enabled }}
- --admin-port={{ $v.admin.port }}
- --admin-host=0.0.0.0
{{- end }}
{{- if ne $v.tls.mode "none" }}
- --tls-cert=/etc/littlegiants/tls/tls.crt
- --tls-key=/etc/littlegiants/tls/tls.key
{{- end }}
{{- if $v.tls.clientCaSecret }}
- --tls-client-ca=/etc/littlegiants/client-ca/ca.crt
{{- end }}
{{- if $v.tokens.secret }}
- --tokens=/etc/littlegiants/tokens
{{- end }}
{{- if $v.tokens.adminSecret }}
- --admin-tokens=/etc/littlegiants/admin-tokens
{{- end }}
{{- if $v.metrics.enabled }}
- --metrics-port={{ $v.metrics.port }}
{{- end }}
- --log-format={{ $v.logs.format }}
{{- with $v.traces.endpoint }}
- --otlp-endpoint={{ . }}
{{- end }}
{{- with .role.server.adapterBase }}
- --adapter-base={{ include "littlegiants.baseFolder" $.role }}
{{- end }}
{{- range $name, $value := omit .role.server "adapterBase" }}
{{- if ne (toString $value) "" }}
- --{{ kebabcase $name }}={{ include "littlegiants.plain" $value }}
{{- end }}
{{- end }}
{{- include "littlegiants.engineArgs" .role | nindent 0 }}
{{- range .role.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}
