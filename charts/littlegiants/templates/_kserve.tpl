{{/* What KServe is told of a role. `promote` changes the storageUri; an upgrade of the chart leaves it alone. */}}

{{- define "littlegiants.storageUri" -}}
{{- $s := .role.source -}}
{{- if eq $s.kind "channel" -}}
{{- printf "%s/%s/%s" (include "littlegiants.channel" (dict "root" .root "source" $s) | trimSuffix "/") .part $s.channel.digest -}}
{{- else if include "littlegiants.kserveFetch" . -}}
{{- printf "pvc://%s/%s" .root.Values.modelCache.claim (include "littlegiants.ofHub" $s) -}}
{{- else if eq $s.kind "hf" -}}
{{- printf "hf://%s:%s" $s.hf.repository $s.hf.revision -}}
{{- else if eq $s.kind "s3" -}}
{{- $s.s3.url -}}
{{- else if eq $s.kind "pvc" -}}
{{- printf "pvc://%s/%s" $s.pvc.claim $s.pvc.path -}}
{{- else -}}
{{- printf "oci://%s" $s.oci.reference -}}
{{- end -}}
{{- end }}

{{/* KServe would fetch a model of the hub for every pod; with a claim for the hub's cache it mounts what is there. */}}
{{- define "littlegiants.kserveFetch" -}}
{{- if and .root.Values.modelCache.claim (eq .role.source.kind "hf") -}}
{{- include "littlegiants.fetch" (dict "root" .root "source" .role.source "for" .role "target" (printf "%s/%s" (include "littlegiants.hubCache" .root) (include "littlegiants.ofHub" .role.source))) -}}
{{- end -}}
{{- end }}

{{- define "littlegiants.ofHub" -}}
models/{{ include "littlegiants.fetchFrom" . | sha256sum | trunc 16 }}
{{- end }}

{{- define "littlegiants.kserveAnnotations" -}}
serving.kserve.io/deploymentMode: Standard
serving.kserve.io/autoscalerClass: {{ ternary "external" "none" (eq .role.autoscaling.kind "keda") }}
{{- end }}

{{/* With `external` the pods are the ScaledObject's matter: KServe's own knows neither wake triggers nor policies. */}}
{{- define "littlegiants.kserveScale" -}}
{{- $isScaled := eq .role.autoscaling.kind "keda" -}}
minReplicas: {{ ternary (max 1 .role.autoscaling.minReplicas) .role.replicas $isScaled }}
maxReplicas: {{ ternary .role.autoscaling.maxReplicas .role.replicas $isScaled }}
{{- end }}

{{- define "littlegiants.checkKserve" -}}
{{- $where := printf "roles.%s" .part -}}
{{- if eq .role.autoscaling.kind "hpa" -}}
{{- fail (printf "%s.autoscaling.kind: with KServe it is none or keda" $where) -}}
{{- end -}}
{{- if ne .root.Values.tls.mode "none" -}}
{{- fail "tls.mode: KServe talks plaintext to its pods; set none, and TLS at its gateway or in the mesh" -}}
{{- end -}}
{{- if and (eq .role.source.kind "channel") (not .role.source.channel.digest) -}}
{{- fail (printf "%s.source.channel.digest: KServe begins with one digest; `python -m pipelines weights` lists them" $where) -}}
{{- end -}}
{{- if and (eq .role.source.kind "channel") (hasPrefix "/" (include "littlegiants.channel" (dict "root" .root "source" .role.source))) -}}
{{- fail (printf "%s.source.channel.url: KServe takes URLs; on a claim write pvc://CLAIM/FOLDER" $where) -}}
{{- end -}}
{{- end }}
