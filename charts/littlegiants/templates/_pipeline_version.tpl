{{/* Pipeline and PipelineVersion as `python -m pipelines register --form crd --pipeline NAME --placement FILE` prints them for the release's placement. */}}
{{- define "littlegiants.pipelineObjects" -}}
{{- $objects := .Files.Get "files/pipeline.yaml" | splitList "\n---\n" -}}
{{- $version := last $objects | fromYaml -}}
{{- include "littlegiants.placeGraph" (dict "spec" $version.spec "placed" (include "littlegiants.placementFile" . | fromYaml)) -}}
{{- $name := printf "%s-%s" .Chart.AppVersion (toJson $version.spec.platformSpec | cat (toJson $version.spec.pipelineSpec) | sha256sum | trunc 12) -}}
{{- $pipeline := first $objects | fromYaml -}}
{{- $called := include "littlegiants.pipelineName" . -}}
{{- $_ := set $pipeline.spec "displayName" $called -}}
{{- $_ := set $version.spec "displayName" $name -}}
{{- $_ := set $version.spec "pipelineName" $called -}}
{{- range $name, $object := dict $called $pipeline (printf "%s-%s" $called $name) $version }}
{{- $labels := include "littlegiants.labels" (dict "root" $ "part" "pipeline") | fromYaml }}
---
{{ dict "name" $name "namespace" (default $.Release.Namespace $.Values.pipelines.namespace) "labels" $labels | set $object "metadata" | toYaml }}
{{- end }}
{{- end }}

{{/* Puts every task of a graph in its place; changes `spec`, prints nothing. */}}
{{- define "littlegiants.placeGraph" -}}
{{- $spec := .spec.pipelineSpec -}}
{{- range $name, $value := .placed.arguments -}}
{{- if $value }}{{ $_ := merge (dict "defaultValue" $value "isOptional" true) (get $spec.root.inputDefinitions.parameters $name) | set $spec.root.inputDefinitions.parameters $name }}{{ end -}}
{{- end -}}
{{- $dags := list $spec.root.dag -}}
{{- range $spec.components }}{{ with .dag }}{{ $dags = append $dags . }}{{ end }}{{ end -}}
{{- range $dag := $dags }}{{ range $task := $dag.tasks -}}
{{- with $task.iteratorPolicy }}{{ $_ := default 16 $.placed.shards_at_once | set . "parallelismLimit" }}{{ end -}}
{{- $executor := replace "comp-" "exec-" $task.componentRef.name -}}
{{- with get $spec.deploymentSpec.executors $executor }}
{{- $c := dict "placed" $.placed "stage" $task.taskInfo.name -}}
{{- $c = include "littlegiants.stepPod" $c | fromJson | set $c "pod" -}}
{{- include "littlegiants.placeContainer" (dict "step" $c "container" .container) -}}
{{- range $field, $value := include "littlegiants.stepTries" $c | fromYaml }}{{ $_ := set $task $field $value }}{{ end -}}
{{- $_ := include "littlegiants.stepPlatform" $c | fromYaml | set $.spec.platformSpec.platforms.kubernetes.deploymentSpec.executors $executor -}}
{{- end -}}
{{- end }}{{ end -}}
{{- if .placed.training.takes_turns }}{{ include "littlegiants.takeTurns" $spec.root.dag.tasks }}{{ end -}}
{{- end }}

{{- define "littlegiants.placeContainer" -}}
{{- $image := regexFind "pipeline|trainer" .container.image | get .step.placed.images -}}
{{- $_ := set .container "image" $image -}}
{{- range $field, $value := dict "env" (include "littlegiants.stepEnvironment" .step | fromJsonArray) "resources" (include "littlegiants.stepResources" .step | fromJson) -}}
{{- if $value }}{{ $_ := set $.container $field $value }}{{ end -}}
{{- end -}}
{{- end }}

{{/* Corrections wait until the senior is promoted, as the graph has it with `training.takes_turns`. */}}
{{- define "littlegiants.takeTurns" -}}
{{- range $name, $task := . }}{{ if eq $task.taskInfo.name "promote-senior" -}}
{{- $after := $.correct.inputs.parameters.after.taskOutputParameter -}}
{{- $_ := append (without $.correct.dependentTasks $after.producerTask) $name | sortAlpha | set $.correct "dependentTasks" -}}
{{- $_ := set $after "producerTask" $name -}}
{{- end }}{{ end -}}
{{- end }}
