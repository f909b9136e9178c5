{{/* Where a model comes from, and where it is in the container. */}}

{{/* Folder of the fetched model: another source is another folder. */}}
{{- define "littlegiants.fetched" -}}
/var/lib/littlegiants/models/{{ include "littlegiants.fetchFrom" . | sha256sum | trunc 16 }}
{{- end }}

{{- define "littlegiants.fetchFrom" -}}
{{- if eq .kind "hf" -}}
{{- printf "hf://%s@%s" .hf.repository .hf.revision -}}
{{- else if eq .kind "s3" -}}
{{- .s3.url -}}
{{- end -}}
{{- end }}

{{/* Folder of the model inside the container, for every kind but `channel`. */}}
{{- define "littlegiants.modelFolder" -}}
{{- if eq .kind "pvc" -}}
{{- printf "/models/%s" .pvc.path | trimSuffix "/" -}}
{{- else if eq .kind "oci" -}}
{{- printf "/models/%s" .oci.path | trimSuffix "/" -}}
{{- else -}}
{{- include "littlegiants.fetched" . -}}
{{- end -}}
{{- end }}
