{{/* Generators that stages call, as pipelines/kubeflow/asked_roles.py has it; what they are told is a recipe. */}}

{{/* Who writes the data set's samples, by weight: shipped recipes leave it to the senior. */}}
{{- define "littlegiants.writers" -}}
{{- $said := include "littlegiants.saidRecipe" . | fromJson -}}
{{- ($said.synthesize | default dict).writers | default (dict "senior" 1) | toJson -}}
{{- end }}

{{/* Roles that a stage asks for texts. */}}
{{- define "littlegiants.asked" -}}
{{- $writers := include "littlegiants.writers" . | fromJson -}}
{{- $asked := list -}}
{{- range list "junior" "senior" }}{{ if get $writers . | float64 }}{{ $asked = append $asked . }}{{ end }}{{ end -}}
{{- dict "propose" (list "junior") "synthesize" (append $asked "revisor") | toJson -}}
{{- end }}

{{/* Roles that a stage asks, or waits to see served: (dict "recipe" RECIPE "turns" WHETHER TRAININGS TAKE TURNS). */}}
{{- define "littlegiants.called" -}}
{{- $called := include "littlegiants.asked" .recipe | fromJson -}}
{{- $said := include "littlegiants.saidRecipe" .recipe | fromJson -}}
{{- $isTried := $said.promotion | default dict | dig "gates" false | kindIs "map" -}}
{{- range $role := list "junior" "senior" "revisor" -}}
{{- $drafting := ternary (list "senior") (list "junior" "senior") $.turns -}}
{{- $roles := ternary $drafting list (and $isTried (eq $role "revisor")) -}}
{{- $called = append $roles $role | set $called (printf "promote-%s" $role) -}}
{{- end -}}
{{- toJson $called -}}
{{- end }}
