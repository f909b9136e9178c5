{{/* What the schema cannot say of several values together; each message names the value and the remedy. */}}
{{- define "littlegiants.check" -}}
{{- $v := .root.Values -}}
{{- $where := ternary "generator" (printf "roles.%s" .part) $v.serving.together -}}
{{- include "littlegiants.checkBase" . -}}
{{- include "littlegiants.checkTogether" . -}}
{{- include "littlegiants.checkPorts" . -}}
{{- include "littlegiants.checkSource" (dict "root" .root "source" .role.source "where" (printf "%s.source" $where)) -}}
{{- if and .role.canary.enabled (ne .role.source.kind "channel") -}}
{{- fail (printf "%s.canary.enabled: a candidate stands in a channel; set source.kind channel" $where) -}}
{{- end -}}
{{- $quota := or .role.server.maxInFlightPerCaller .role.server.itemsPerMinutePerCaller -}}
{{- if and $quota (not $v.tokens.secret) -}}
{{- fail (printf "%s.server: quotas need tokens.secret: callers are told apart by their tokens" $where) -}}
{{- end -}}
{{- if and $v.tls.clientCaSecret (eq $v.tls.mode "none") -}}
{{- fail "tls.clientCaSecret: needs tls.mode secret or certManager" -}}
{{- end -}}
{{- if and (eq $v.tls.mode "secret") (not $v.tls.secret) -}}
{{- fail "tls.secret: name the secret with tls.crt, tls.key and ca.crt" -}}
{{- end -}}
{{- if and (eq $v.tls.mode "certManager") (not $v.tls.certManager.issuerName) -}}
{{- fail "tls.certManager.issuerName: name the issuer" -}}
{{- end -}}
{{- $scale := .role.autoscaling -}}
{{- if and (ne $scale.kind "none") (eq (int $scale.minReplicas) 0) (ne $scale.kind "keda") -}}
{{- fail (printf "%s.autoscaling.minReplicas: 0 needs kind keda, which wakes a role again" $where) -}}
{{- end -}}
{{- if and (ne $scale.kind "none") (not $v.metrics.enabled) -}}
{{- fail (printf "%s.autoscaling.kind: needs metrics.enabled" $where) -}}
{{- end -}}
{{- if and (eq .role.cache.kind "claim") (not .role.cache.claim) -}}
{{- fail (printf "%s.cache.claim: name the claim" $where) -}}
{{- end -}}
{{- end }}

{{- define "littlegiants.checkSource" -}}
{{- $s := deepCopy .source -}}
{{- if eq $s.kind "channel" -}}{{ $_ := set $s.channel "url" (include "littlegiants.channel" .) }}{{ end -}}
{{- $field := get (dict "channel" "channel.url" "hf" "hf.repository" "s3" "s3.url" "pvc" "pvc.claim" "oci" "oci.reference") $s.kind -}}
{{- $part := splitList "." $field -}}
{{- if and (eq $s.kind "channel") (not $s.channel.url) -}}
{{- fail (printf "%s.channel.url: set it, or storage.s3.url, below which the release then has a channel of its own" .where) -}}
{{- end -}}
{{- if not (get (get $s (first $part)) (last $part)) -}}
{{- fail (printf "%s.%s: set it, or choose another source.kind than %s" .where $field $s.kind) -}}
{{- end -}}
{{- if and (eq $s.kind "oci") (not (semverCompare ">=1.31.0-0" .root.Capabilities.KubeVersion.Version)) (ne .root.Values.serving.backend "kserve") -}}
{{- fail (printf "%s.kind: oci needs Kubernetes 1.31 or newer (image volumes); use pvc or s3" .where) -}}
{{- end -}}
{{- $isS3 := or (eq $s.kind "s3") (and (eq $s.kind "channel") (hasPrefix "s3://" $s.channel.url)) -}}
{{- if and $isS3 (ne .root.Values.storage.kind "s3") -}}
{{- fail (printf "%s.kind: an s3:// URL needs storage.kind s3" .where) -}}
{{- end -}}
{{- if and (eq $s.kind "channel") (hasPrefix "/store" $s.channel.url) (ne .root.Values.storage.kind "pvc") -}}
{{- fail (printf "%s.channel.url: a folder below /store needs storage.kind pvc" .where) -}}
{{- end -}}
{{- end }}
