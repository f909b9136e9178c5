{{/* The placement of the steps: what the release knows, then `pipelines.placement`. */}}
{{- define "littlegiants.placementFile" -}}
{{- $t := .Values.trainer -}}
{{- $images := dict -}}
{{- range $name := list "pipeline" "trainer" -}}
{{- $image := include "littlegiants.image" (dict "root" $ "image" $name) | fromYaml -}}
{{- $images = set $images $name $image.image -}}
{{- end -}}
{{- $stages := dict -}}{{- $served := dict -}}
{{- if ne .Values.serving.backend "none" -}}
{{- $served = include "littlegiants.generatorGpus" . | fromYaml -}}
{{- $turns := dig "training" "takes_turns" $t.takesTurns .Values.pipelines.placement -}}
{{- range $stage, $roles := include "littlegiants.called" (dict "recipe" (include "littlegiants.toldRecipe" .) "turns" $turns) | fromJson -}}
{{- $stages = set $stages $stage (include "littlegiants.stepLabels" (dict "root" $ "roles" $roles) | fromYaml) -}}
{{- end -}}
{{- end -}}
{{- $training := dict "takes_turns" $t.takesTurns -}}
{{- if or (eq .Values.profile "gpu") $t.enabled -}}
{{- $isSpread := and $t.enabled (gt (int $t.nodes) 1) -}}
{{- range $isSpread | ternary list (list "finetune" "align" "embed") -}}
{{- $stages = set $stages . (include "littlegiants.stepTraining" (dict "root" $ "count" $t.gpuCount) | fromYaml) -}}
{{- end -}}
{{- range list "judge" "curate" "evaluate" -}}
{{- $stages = set $stages . (include "littlegiants.stepTraining" (dict "root" $ "count" (min 1 $t.gpuCount)) | fromYaml) -}}
{{- end -}}
{{- $training = merge $training (dict "devices" (max 1 $t.gpuCount) "nodes" (ternary $t.nodes 1 $isSpread)) -}}
{{- end -}}
{{- if $t.enabled -}}
{{- $training = set $training "runtime" (include "littlegiants.of" (dict "root" . "part" "trainer")) -}}
{{- end -}}
{{- $arguments := include "littlegiants.arguments" . | fromYaml -}}
{{- $defaults := include "littlegiants.stepDefaults" . | fromYaml -}}
{{- $derived := dict "images" $images "arguments" $arguments "defaults" $defaults "stages" $stages "training" $training "generator_gpus" $served -}}
{{- $placed := include "littlegiants.placedOver" (dict "derived" $derived "own" .Values.pipelines.placement) | fromJson -}}
{{- if not $placed.arguments.generators -}}{{ fail "pipelines.placement.arguments.generators: the release serves none; name those that its steps call, as dns:///{role}-headless.other:50051" }}{{ end -}}
{{- include "littlegiants.checkPlaced" $placed -}}
{{- $_ := include "littlegiants.taughtRecipe" (dict "root" . "arguments" $placed.arguments) | set $placed.arguments "recipe" -}}
{{- toYaml $placed -}}
{{- end }}

{{/* What a run is started with: a folder of the store that the steps reach, this release's channel and addresses. */}}
{{- define "littlegiants.arguments" -}}
{{- include "littlegiants.checkFollowed" . -}}
{{- $p := .Values.pipelines -}}
{{- $isReached := or (ne .Values.storage.kind "pvc") (eq (include "littlegiants.runNamespace" .) .Release.Namespace) -}}
{{- $root := ternary (include "littlegiants.storeRoot" .) "" $isReached -}}
{{- $run := ternary (printf "%s/runs/%s/%s" $root .Release.Namespace (include "littlegiants.fullname" .)) "" (ne $root "") -}}
recipe: {{ toJson $p.recipe }}
run: {{ default $run $p.run | quote }}
teacher: {{ default (ternary (include "littlegiants.teacherPlace" .) "" .Values.teacher.enabled) $p.teacher | quote }}
{{- if ne .Values.serving.backend "none" }}
generators: {{ include "littlegiants.generators" . | quote }}
{{- with include "littlegiants.ownChannel" . }}
channel: {{ quote . }}
{{- end }}
{{- end }}
{{- end }}
