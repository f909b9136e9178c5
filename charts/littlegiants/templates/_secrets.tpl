{{/* Volumes of secrets, each mounted under its own name below /etc/littlegiants. */}}
{{- define "littlegiants.secrets" -}}
{{- $v := .Values -}}
{{- if ne $v.tls.mode "none" }}
tls: {{ include "littlegiants.tlsSecret" . }}
{{- end }}
{{- with $v.tls.clientCaSecret }}
client-ca: {{ . }}
{{- end }}
{{- with $v.tls.clientSecret }}
client: {{ . }}
{{- end }}
{{- with $v.tokens.secret }}
tokens: {{ . }}
{{- end }}
{{- with $v.tokens.adminSecret }}
admin-tokens: {{ . }}
{{- end }}
{{- if and (eq $v.storage.kind "s3") $v.storage.s3.caSecret }}
store-ca: {{ $v.storage.s3.caSecret }}
{{- end }}
{{- end }}

{{- define "littlegiants.secretVolumes" -}}
{{- range $name, $secret := include "littlegiants.secrets" . | fromYaml }}
- {name: {{ $name }}, secret: {secretName: {{ $secret }}, defaultMode: 0440}}
{{- end }}
{{- end }}

{{- define "littlegiants.cache" -}}
{{- if eq .kind "claim" -}}
persistentVolumeClaim: {claimName: {{ .claim }}}
{{- else if eq .kind "ephemeral" -}}
ephemeral:
  volumeClaimTemplate:
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources: {requests: {storage: {{ .size }}}}
{{- else -}}
emptyDir: {sizeLimit: {{ .size }}}
{{- end -}}
{{- end }}

{{- define "littlegiants.secretMounts" -}}
{{- range $name, $secret := include "littlegiants.secrets" . | fromYaml }}
- {name: {{ $name }}, mountPath: /etc/littlegiants/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}
