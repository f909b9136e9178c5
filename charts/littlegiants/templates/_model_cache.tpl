{{/* The hub's cache that pods share: its mount, its volume, and where it is. */}}
{{- define "littlegiants.hubCache" -}}
/var/cache/littlegiants/huggingface
{{- end }}

{{- define "littlegiants.hubMount" -}}
{{- if .Values.modelCache.claim }}
- {name: hub, mountPath: {{ include "littlegiants.hubCache" . }}}
{{- end }}
{{- end }}

{{- define "littlegiants.hubVolume" -}}
{{- with .Values.modelCache.claim }}
- {name: hub, persistentVolumeClaim: {claimName: {{ . }}}}
{{- end }}
{{- end }}
