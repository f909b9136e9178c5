{{/* The weights channel that a run promotes into is the one that the release's generators follow. */}}

{{/* By part that is served, the channel that it follows; empty with another source. */}}
{{- define "littlegiants.followed" -}}
{{- $followed := dict -}}
{{- range $part, $override := ternary dict (include "littlegiants.parts" . | fromYaml) (eq .Values.serving.backend "none") -}}
{{- $role := include "littlegiants.role" (dict "root" $ "override" $override) | fromYaml -}}
{{- if $role.enabled -}}
{{- $c := dict "root" $ "source" $role.source "where" (printf "%s.source" (ternary "generator" (printf "roles.%s" $part) $.Values.serving.together)) -}}
{{- $url := "" -}}
{{- if eq $role.source.kind "channel" }}{{ include "littlegiants.checkSource" $c }}{{ $url = include "littlegiants.channel" $c }}{{ end -}}
{{- $followed = set $followed $part (trimSuffix "/" $url) -}}
{{- end -}}
{{- end -}}
{{- toJson $followed -}}
{{- end }}

{{/* The one channel of all that follow any. */}}
{{- define "littlegiants.ownChannel" -}}
{{- $urls := include "littlegiants.followed" . | fromJson | values | compact | uniq -}}
{{- if eq (len $urls) 1 }}{{ first $urls }}{{ end -}}
{{- end }}

{{/* A registered pipeline promotes every role, and waits until it is served: before that is paid for, somebody has to look where it promotes. KServe is told by each promotion. */}}
{{- define "littlegiants.checkFollowed" -}}
{{- $told := .Values.pipelines.placement.arguments | default dict -}}
{{- if not (or $told.generators (eq .Values.serving.backend "none")) -}}
{{- $followed := include "littlegiants.followed" . | fromJson -}}
{{- $channel := default (values $followed | sortAlpha | compact | first) $told.channel | default "" | trimSuffix "/" -}}
{{- range $part := include "littlegiants.parts" . | fromYaml | keys | sortAlpha -}}
{{- $where := ternary "generator" (printf "roles.%s" $part) $.Values.serving.together -}}
{{- $remedy := "or name the generators that its steps call in pipelines.placement.arguments.generators" -}}
{{- if not (hasKey $followed $part) -}}
{{- fail (printf "%s.enabled: the registered pipeline calls every role; leave it on, %s" $where $remedy) -}}
{{- else if eq $.Values.serving.backend "kserve" -}}
{{- else if not (get $followed $part) -}}
{{- fail (printf "%s.source.kind: the registered pipeline promotes into a weights channel, which this role would not follow; set channel (generator.source.kind for all roles, with storage.s3.url or storage.kind pvc), %s" $where $remedy) -}}
{{- else if ne (get $followed $part) $channel -}}
{{- fail (printf "%s.source.channel.url: follows %s, and the registered pipeline promotes into %s; let all roles follow one channel, %s" $where (get $followed $part) $channel $remedy) -}}
{{- end -}}
{{- end -}}
{{- include "littlegiants.checkReached" (dict "root" . "channel" $channel) -}}
{{- end -}}
{{- end }}

{{/* A channel on the release's claim: steps of another namespace have it where they are told of the same volume. */}}
{{- define "littlegiants.checkReached" -}}
{{- $where := include "littlegiants.runNamespace" .root -}}
{{- $paths := list -}}
{{- range dig "defaults" "claims" list .root.Values.pipelines.placement }}{{ $paths = append $paths .path }}{{ end -}}
{{- if and (hasPrefix "/store" .channel) (ne $where .root.Release.Namespace) (not (has "/store" $paths)) -}}
{{- fail (printf "storage.kind: steps run in %s, where the release's claim is not, so generators would not see what these promote; install the release there, set s3, or mount the same volume at /store by pipelines.placement.defaults.claims" $where) -}}
{{- end -}}
{{- end }}
