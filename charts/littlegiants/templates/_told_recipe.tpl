{{/* The recipe that a run is started with where nobody says otherwise: a name with changes after it, a file, or text. */}}

{{- define "littlegiants.toldRecipe" -}}
{{- dig "arguments" "recipe" .Values.pipelines.recipe .Values.pipelines.placement -}}
{{- end }}

{{/* What it says: its text, or the changes after its name, put in place one after another. */}}
{{- define "littlegiants.saidRecipe" -}}
{{- $said := dict -}}
{{- if contains "\n" . }}{{ $said = fromYaml . }}{{ else -}}
{{- range $change := regexSplit "\\s+" (trim .) -1 | rest -}}
{{- $path := splitList "=" $change | first -}}
{{- $value := (trimPrefix $path $change | trimPrefix "=" | printf "value: %s" | fromYaml).value -}}
{{- $names := splitList "." $path -}}
{{- $place := $said -}}
{{- range initial $names -}}
{{- if not (get $place . | kindIs "map") }}{{ $_ := set $place . dict }}{{ end -}}
{{- $place = get $place . -}}
{{- end -}}
{{- $_ := set $place (last $names) $value -}}
{{- end -}}
{{- end -}}
{{- toJson $said -}}
{{- end }}

{{/* It, (dict "root" $ "arguments" ARGUMENTS), for the teacher of the run: the release's own has a name of its own, and costs nothing. */}}
{{- define "littlegiants.taughtRecipe" -}}
{{- $recipe := .arguments.recipe | default "" -}}
{{- $t := .root.Values.teacher -}}
{{- if and $t.enabled (eq .arguments.teacher (include "littlegiants.teacherPlace" .root)) -}}
{{- $said := (include "littlegiants.saidRecipe" $recipe | fromJson).teacher | default dict -}}
{{- if contains "\n" $recipe -}}
{{- if and (ne (toString $said.model) $t.servedName) (not (contains "--served-model-name" (join " " $t.extraArgs))) -}}
{{- fail (printf "pipelines.recipe: its teacher.model is %v, and the release's teacher is called %s; write model: %s there, with prices: {prompt: 0, completion: 0}, or set teacher.servedName" $said.model $t.servedName $t.servedName) -}}
{{- end -}}
{{- else if regexMatch "^[a-z0-9-]+(\\s|$)" (trim $recipe) -}}
{{- $changes := include "littlegiants.teacherChanges" .root | fromJsonArray -}}
{{- if hasKey $said "prices" }}{{ $changes = list (first $changes) }}{{ end -}}
{{- if hasKey $said "model" }}{{ $changes = rest $changes }}{{ end -}}
{{- $recipe = prepend $changes (trim $recipe) | join " " -}}
{{- end -}}
{{- end -}}
{{- $recipe -}}
{{- end }}

{{/* Changes of a recipe for it. */}}
{{- define "littlegiants.teacherChanges" -}}
{{- list (printf "teacher.model=%s" .Values.teacher.servedName) "teacher.prices.prompt=0" "teacher.prices.completion=0" | toJson -}}
{{- end }}

{{- define "littlegiants.teacherPlace" -}}
http://{{ include "littlegiants.of" (dict "root" . "part" "teacher") }}.{{ .Release.Namespace }}:8000/v1
{{- end }}
