{{/* The base of adapters: a folder, or a URL that is fetched in place of a model. */}}

{{/* What is fetched before a server starts. */}}
{{- define "littlegiants.fetchedSource" -}}
{{- $base := .server.adapterBase -}}
{{- if hasPrefix "hf://" $base -}}
{{- $name := splitList "@" (trimPrefix "hf://" $base) -}}
{{- $hf := dict "repository" (first $name) "revision" (ternary (last $name) "main" (gt (len $name) 1)) -}}
{{- dict "kind" "hf" "digest" "" "hf" (merge $hf .source.hf) | toYaml -}}
{{- else if hasPrefix "s3://" $base -}}
{{- dict "kind" "s3" "digest" "" "s3" (dict "url" $base) | toYaml -}}
{{- else -}}
{{- .source | toYaml -}}
{{- end -}}
{{- end }}

{{/* Where it is in the container. */}}
{{- define "littlegiants.baseFolder" -}}
{{- $isUrl := contains "://" .server.adapterBase -}}
{{- if $isUrl }}{{ include "littlegiants.fetched" (include "littlegiants.fetchedSource" . | fromYaml) }}{{ else }}{{ .server.adapterBase }}{{ end -}}
{{- end }}

{{/* What the schema cannot say of roles that share it. */}}
{{- define "littlegiants.checkTogether" -}}
{{- $v := .root.Values -}}
{{- if $v.serving.together -}}
{{- if or (ne $v.serving.backend "deployment") (ne .role.source.kind "channel") (not .role.server.adapterBase) -}}
{{- fail "serving.together: needs serving.backend deployment, generator.source.kind channel, and generator.server.adapterBase, which the three adapters change" -}}
{{- end -}}
{{- if or (omit $v.roles "junior" "senior" "revisor") $v.roles.junior $v.roles.senior $v.roles.revisor -}}
{{- fail "roles: with serving.together the three are one pod; say it in generator" -}}
{{- end -}}
{{- if or .role.canary.enabled (gt (int .role.replicas) 1) (and (ne .role.autoscaling.kind "none") (gt (int .role.autoscaling.maxReplicas) 1)) -}}
{{- fail "serving.together: is one pod; leave out generator.canary, and set generator.replicas and generator.autoscaling.maxReplicas to 1" -}}
{{- end -}}
{{- end -}}
{{- end }}
