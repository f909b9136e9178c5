{{/* GPUs of each role's generators, all pods together: the most that a scaled role may have. Those of a pod of all roles
are the junior's, and the senior's unless the junior writes beside it: roles that are asked at once are counted together. */}}
{{- define "littlegiants.generatorGpus" -}}
{{- $asked := (include "littlegiants.toldRecipe" . | include "littlegiants.asked" | fromJson).synthesize }}
{{- $counted := has "junior" $asked | ternary (pick .Values.roles "junior") (omit .Values.roles "revisor") }}
{{- range $part, $override := ternary $counted .Values.roles .Values.serving.together }}
{{- $role := include "littlegiants.role" (dict "root" $ "override" $override) | fromYaml }}
{{- $pods := ternary $role.replicas $role.autoscaling.maxReplicas (eq $role.autoscaling.kind "none") }}
{{- $units := ternary (mul $pods $role.gpu.count) 0 $role.enabled }}
{{- $shares := ternary $.Values.trainer.gpuShares 1 (eq $role.gpu.resource $.Values.trainer.gpuResource) }}
{{- if gt (int $units) 0 }}
{{ $part }}: {{ divf $units $shares }}
{{- end }}
{{- end }}
{{- end }}
