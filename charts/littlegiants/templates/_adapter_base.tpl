{{/* The base of adapters: a folder, or a URL that is fetched in place of a model. */}}

{{/* It as a source, where it is a URL; else nothing. */}}
{{- define "littlegiants.baseSource" -}}
{{- $base := .server.adapterBase -}}
{{- if hasPrefix "hf://" $base -}}
{{- $name := splitList "@" (trimPrefix "hf://" $base) -}}
{{- $hf := dict "repository" (first $name) "revision" (ternary (last $name) "main" (gt (len $name) 1)) -}}
{{- dict "kind" "hf" "digest" "" "hf" (merge $hf .source.hf) | toYaml -}}
{{- else if hasPrefix "s3://" $base -}}
{{- dict "kind" "s3" "digest" "" "s3" (dict "url" $base) | toYaml -}}
{{- end -}}
{{- end }}

{{/* Where it is in the container. */}}
{{- define "littlegiants.baseFolder" -}}
{{- $source := include "littlegiants.baseSource" . -}}
{{- if $source }}{{ include "littlegiants.fetched" (fromYaml $source) }}{{ else }}{{ .server.adapterBase }}{{ end -}}
{{- end }}

{{/* Fetches it before the server starts, and the model, if KServe does not: (dict "root" $ "role" SETTINGS). */}}
{{- define "littlegiants.fetches" -}}
{{- with include "littlegiants.baseSource" .role }}
{{- include "littlegiants.fetch" (dict "root" $.root "name" "fetch-base" "source" (fromYaml .) "for" $.role) }}
{{- end }}
{{- if eq .root.Values.serving.backend "kserve" }}
{{- include "littlegiants.kserveFetch" . }}
{{- else }}
{{- include "littlegiants.fetch" (dict "root" .root "source" .role.source "for" .role) }}
{{- end }}
{{- end }}

{{/* Whether a pod mounts the store: for the channel, which KServe reads itself, or for the base. */}}
{{- define "littlegiants.readsStore" -}}
{{- $isFollowed := and (eq .role.source.kind "channel") (ne .root.Values.serving.backend "kserve") -}}
{{- if and (eq .root.Values.storage.kind "pvc") (or $isFollowed (hasPrefix "/store" .role.server.adapterBase)) }}yes{{ end -}}
{{- end }}
