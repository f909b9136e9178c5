{{/* What a generator's pod mounts; every mount below has its volume in littlegiants.volumes. */}}

{{- define "littlegiants.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: shm, mountPath: /dev/shm}
- {name: home, mountPath: /var/lib/littlegiants}
{{- if and (has .role.source.kind (list "pvc" "oci")) (ne .root.Values.serving.backend "kserve") }}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
{{- if include "littlegiants.readsStore" . }}
- {name: store, mountPath: /store, readOnly: true}
{{- end }}
{{- if ne .root.Values.serving.backend "kserve" }}
{{- include "littlegiants.hubMount" .root }}
{{- end }}
{{- include "littlegiants.secretMounts" .root }}
{{- with .role.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "littlegiants.volumes" -}}
- {name: tmp, emptyDir: {}}
- {name: shm, emptyDir: {medium: Memory, sizeLimit: {{ .role.shm }}}}
- name: home
  {{- include "littlegiants.cache" .role.cache | nindent 2 }}
{{- if ne .root.Values.serving.backend "kserve" }}
{{- include "littlegiants.modelVolume" .role.source }}
{{- end }}
{{- if include "littlegiants.readsStore" . }}
- {name: store, persistentVolumeClaim: {claimName: {{ include "littlegiants.store" .root }}, readOnly: true}}
{{- end }}
{{- if or (ne .root.Values.serving.backend "kserve") (include "littlegiants.fetches" .) }}
{{- include "littlegiants.hubVolume" .root }}
{{- end }}
{{- include "littlegiants.secretVolumes" .root }}
{{- with .role.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "littlegiants.modelVolume" -}}
{{- if eq .kind "pvc" }}
- {name: model, persistentVolumeClaim: {claimName: {{ .pvc.claim }}, readOnly: true}}
{{- else if eq .kind "oci" }}
- {name: model, image: {reference: {{ .oci.reference }}, pullPolicy: IfNotPresent}}
{{- end }}
{{- end }}
