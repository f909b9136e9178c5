{{/* What the values' schema cannot say of a placement, as pipelines/kubeflow/placement.py has it: `job` would end in it, `crd` in another run than is meant. */}}
{{- define "littlegiants.checkPlaced" -}}
{{- range $stage := list "synthesize" "evaluate" -}}
{{- if dig $stage "retries" 0 $.stages -}}
{{- fail (printf "pipelines.placement.stages.%s.retries: Kubeflow Pipelines ignores retries in a loop (kubeflow/pipelines#12389); leave it out, and submit the run again" $stage) -}}
{{- end -}}
{{- end -}}
{{- range $stage := concat (list "prepare" "finetune-junior" "align" "finetune-revisor" "embed") (keys .stages | sortAlpha) | uniq -}}
{{- $c := dict "placed" $ "stage" $stage -}}
{{- include "littlegiants.stepPod" $c | fromJson | set $c "pod" | include "littlegiants.checkStep" -}}
{{- end -}}
{{- end }}

{{- define "littlegiants.checkStep" -}}
{{- $names := list -}}
{{- range concat (.pod.claims | default list) (.pod.secret_files | default list) -}}
{{- if has .name $names -}}
{{- fail (printf "pipelines.placement: stage %s: claims and secret_files name %s twice, and Kubeflow calls a volume so; mount each once, and give a secret another name than a claim" $.stage .name) -}}
{{- end -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" .name) -}}
{{- fail (printf "pipelines.placement: stage %s: Kubeflow calls a volume as its claim or secret, %s, and that takes no dot and 63 characters at most; give it another name" $.stage .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- $t := .placed.training -}}
{{- $isTraining := has .stage (list "finetune-junior" "align" "finetune-revisor" "embed") -}}
{{- if and $isTraining .pod.accelerator (eq (int (default 1 $t.nodes)) 1) -}}
{{- $count := default 1 .pod.accelerator.count | int -}}
{{- if ne $count (default 1 $t.devices | int) -}}
{{- fail (printf "pipelines.placement.training.devices: is %d, but stage %s has %d accelerators; make them equal, or set trainer.gpuCount, which is both" (int (default 1 $t.devices)) .stage $count) -}}
{{- end -}}
{{- end -}}
{{- end }}
