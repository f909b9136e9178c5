{{/* What the schema cannot say of adapters and of what they change. */}}

{{- define "littlegiants.checkBase" -}}
{{- $base := .role.server.adapterBase -}}
{{- if and (contains "://" $base) (not (include "littlegiants.baseSource" .role)) -}}
{{- fail (printf "generator.server.adapterBase: %s is no hf:// or s3:// URL, nor a folder of storage.pvc or of an extra volume" $base) -}}
{{- end -}}
{{- if and (hasPrefix "s3://" $base) (ne .root.Values.storage.kind "s3") -}}
{{- fail "generator.server.adapterBase: an s3:// URL needs storage.kind s3" -}}
{{- end -}}
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
