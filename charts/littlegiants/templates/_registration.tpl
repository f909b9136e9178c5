{{/* How the pipeline becomes known to Kubeflow Pipelines. */}}

{{- define "littlegiants.registerArgs" -}}
{{- $p := .Values.pipelines -}}
- pipelines
- register
- --host={{ $p.host }}
{{- with include "littlegiants.tenant" . }}
- --namespace={{ . }}
{{- end }}
{{- if $p.token }}
- --token-file=/var/run/secrets/kubeflow/pipelines/token
{{- end }}
- --wait-s={{ $p.waitSeconds }}
- --version={{ .Chart.Version }}
- --placement=/etc/littlegiants/placement/placement.yaml
{{- end }}

{{/* Pipeline and PipelineVersion as `python -m pipelines register --form crd` prints them. */}}
{{- define "littlegiants.pipelineObjects" -}}
{{- $text := .Files.Get "files/pipeline.yaml" -}}
{{- range $name := list "pipeline" "trainer" -}}
{{- $image := include "littlegiants.image" (dict "root" $ "image" $name) | fromYaml -}}
{{- $text = replace (printf "littlegiants/%s:%s" $name $.Chart.AppVersion) $image.image $text -}}
{{- end -}}
{{- range splitList "\n---\n" $text }}
{{- $object := fromYaml . }}
{{- $metadata := dict "name" $object.metadata.name "namespace" (default $.Release.Namespace $.Values.pipelines.namespace) }}
{{- $labels := include "littlegiants.labels" (dict "root" $ "part" "pipeline") | fromYaml }}
---
{{ toYaml (set $object "metadata" (set $metadata "labels" $labels)) }}
{{- end }}
{{- end }}
