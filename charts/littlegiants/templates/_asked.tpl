{{/* Generators that stages call, as pipelines/kubeflow/asked_roles.py has it; what they are told is a recipe. */}}

{{/* What a run is started with where nobody says otherwise: a recipe's name with changes after it, or its text. */}}
{{- define "littlegiants.toldRecipe" -}}
{{- dig "arguments" "recipe" .Values.pipelines.recipe .Values.pipelines.placement -}}
{{- end }}

{{/* Who writes the data set's samples, by weight: shipped recipes leave it to the senior. */}}
{{- define "littlegiants.writers" -}}
{{- $section := dict -}}
{{- if contains "\n" . -}}
{{- $section = (fromYaml .).synthesize | default dict -}}
{{- else -}}
{{- range $change := splitList " " . -}}
{{- $path := splitList "=" $change | first -}}
{{- $value := (trimPrefix $path $change | trimPrefix "=" | printf "value: %s" | fromYaml).value -}}
{{- if eq $path "synthesize" }}{{ $section = $value -}}
{{- else if eq $path "synthesize.writers" }}{{ $section = dict "writers" $value -}}
{{- else if hasPrefix "synthesize.writers." $path -}}
{{- $section = dict "writers" (merge (dict (trimPrefix "synthesize.writers." $path) $value) ($section.writers | default dict)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $section.writers | default (dict "senior" 1) | toJson -}}
{{- end }}

{{/* Roles that a stage asks for texts. */}}
{{- define "littlegiants.asked" -}}
{{- $writers := include "littlegiants.writers" . | fromJson -}}
{{- $asked := list -}}
{{- range list "junior" "senior" }}{{ if get $writers . | float64 }}{{ $asked = append $asked . }}{{ end }}{{ end -}}
{{- dict "propose" (list "junior") "synthesize" (append $asked "revisor") | toJson -}}
{{- end }}

{{/* Roles that a stage asks, or waits to see served. */}}
{{- define "littlegiants.called" -}}
{{- $called := include "littlegiants.asked" . | fromJson -}}
{{- range list "junior" "senior" "revisor" }}{{ $called = set $called (printf "promote-%s" .) (list .) }}{{ end -}}
{{- toJson $called -}}
{{- end }}
