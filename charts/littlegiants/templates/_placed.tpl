{{/* A placement put onto compiled executors, as pipelines/kubeflow/apply_placement.py does it: (dict "placed" PLACEMENT "stage" STAGE). */}}

{{/* The stage's pod: `defaults`, then its group's fields, then its own; a field that is said again is replaced. */}}
{{- define "littlegiants.stepPod" -}}
{{- $pod := dict -}}
{{- $stages := .placed.stages -}}
{{- range $layer := list .placed.defaults (get $stages (splitList "-" .stage | first)) (get $stages .stage) -}}
{{- range $field, $value := default dict $layer }}{{ $pod = set $pod $field $value }}{{ end -}}
{{- end -}}
{{- toJson $pod -}}
{{- end }}

{{- define "littlegiants.stepResources" -}}
{{- $resources := dict -}}
{{- range $field, $name := dict "cpu_request" "resourceCpuRequest" "cpu_limit" "resourceCpuLimit" "memory_request" "resourceMemoryRequest" "memory_limit" "resourceMemoryLimit" -}}
{{- with get $.pod $field }}{{ $resources = set $resources $name (toString .) }}{{ end -}}
{{- end -}}
{{- with .pod.accelerator -}}
{{- $count := mul (default 1 .count) (default 1 .shares) | toString -}}
{{- $type := default "nvidia.com/gpu" .type -}}
{{- $resources = set $resources "accelerator" (dict "type" $type "count" $count "resourceType" $type "resourceCount" $count) -}}
{{- end -}}
{{- toJson $resources -}}
{{- end }}

{{/* Its environment: what the placement says, the GPUs that work on it, and over what a training is spread. */}}
{{- define "littlegiants.stepEnvironment" -}}
{{- $told := list -}}
{{- range $name, $value := .pod.environment }}{{ $told = append $told (dict "name" $name "value" (toString $value)) }}{{ end -}}
{{- with .pod.accelerator }}{{ $told = append $told (dict "name" "LITTLEGIANTS_GPUS_POD" "value" (default 1 .count | toString)) }}{{ end -}}
{{- $served := 0.0 -}}
{{- range get (include "littlegiants.asked" .placed.arguments.recipe | fromJson) .stage | default list -}}
{{- $served = get $.placed.generator_gpus . | default 0 | addf $served -}}
{{- end -}}
{{- with $served }}{{ $told = append $told (dict "name" "LITTLEGIANTS_GPUS_SERVED" "value" (printf "%g" .)) }}{{ end -}}
{{- range $name, $value := include "littlegiants.stepSpread" . | fromJson -}}
{{- $told = append $told (dict "name" (printf "LITTLEGIANTS_TRAINING_%s" $name) "value" $value) -}}
{{- end -}}
{{- toJson $told -}}
{{- end }}

{{- define "littlegiants.stepSpread" -}}
{{- $t := .placed.training -}}
{{- $devices := default 1 $t.devices | toString -}}{{- $nodes := default 1 $t.nodes | toString -}}
{{- $told := dict -}}
{{- if and (has .stage (list "finetune-junior" "align" "finetune-revisor" "embed")) (or (ne $devices "1") (ne $nodes "1")) -}}
{{- $told = dict "DEVICES" $devices "NODES" $nodes -}}
{{- if ne $nodes "1" -}}
{{- $told = merge $told (dict "RUNTIME" (default "littlegiants-trainer" $t.runtime) "IMAGE" .placed.images.trainer) -}}
{{- with .pod.labels }}{{ $told = set $told "LABELS" (toJson .) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toJson $told -}}
{{- end }}
