{{/* Where a model comes from, and where it is in the container. */}}

{{/* What runs and channels of this release lie below: the claim, or a URL; empty where values do not say. */}}
{{- define "littlegiants.storeRoot" -}}
{{- if eq .Values.storage.kind "pvc" -}}
/store
{{- else if eq .Values.storage.kind "s3" -}}
{{- .Values.storage.s3.url | trimSuffix "/" -}}
{{- end -}}
{{- end }}

{{/* The weights channel of a source, (dict "root" $ "source" SOURCE): the release's own unless it names another. */}}
{{- define "littlegiants.channel" -}}
{{- $root := include "littlegiants.storeRoot" .root -}}
{{- $own := printf "%s/channels/%s/%s" $root .root.Release.Namespace (include "littlegiants.fullname" .root) -}}
{{- default (ternary $own "" (ne $root "")) .source.channel.url -}}
{{- end }}

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
