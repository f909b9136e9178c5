{{/* How the pipeline becomes known to Kubeflow Pipelines. */}}

{{- define "littlegiants.registerArgs" -}}
{{- $p := .Values.pipelines -}}
- pipelines
- register
- --host={{ $p.host }}
{{- with $p.namespace }}
- --namespace={{ . }}
{{- end }}
{{- if $p.token }}
- --token-file=/var/run/secrets/kubeflow/pipelines/token
{{- end }}
- --wait-s={{ $p.waitSeconds }}
- --version={{ .Chart.Version }}
- --placement=/etc/littlegiants/placement/placement.yaml
{{- end }}

{{/* The placement of the steps, with the release's images and TrainingRuntime where it names none. */}}
{{- define "littlegiants.placementFile" -}}
{{- $images := dict -}}
{{- range $name := list "pipeline" "trainer" -}}
{{- $image := include "littlegiants.image" (dict "root" $ "image" $name) | fromYaml -}}
{{- $images = set $images $name $image.image -}}
{{- end -}}
{{- $placement := dict "images" $images -}}
{{- if .Values.trainer.enabled -}}
{{- $placement = set $placement "training" (dict "runtime" (include "littlegiants.of" (dict "root" . "part" "trainer"))) -}}
{{- end -}}
{{- mergeOverwrite $placement (deepCopy .Values.pipelines.placement) | toYaml -}}
{{- end }}

{{/* Pipeline and PipelineVersion as `python -m pipelines register --form crd` prints them. */}}
{{- define "littlegiants.pipelineObjects" -}}
{{- range splitList "\n---\n" (.Files.Get "files/pipeline.yaml") }}
{{- $object := fromYaml . }}
{{- $metadata := dict "name" $object.metadata.name "namespace" (default $.Release.Namespace $.Values.pipelines.namespace) }}
{{- $labels := include "littlegiants.labels" (dict "root" $ "part" "pipeline") | fromYaml }}
---
{{ toYaml (set $object "metadata" (set $metadata "labels" $labels)) }}
{{- end }}
{{- end }}
