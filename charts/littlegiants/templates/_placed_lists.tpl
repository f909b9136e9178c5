{{/* Fields of a step's pod over those before them: what is said again is added by name. */}}

{{/* (dict "under" POD "over" POD): maps by key, lists by name; anything else is replaced. */}}
{{- define "littlegiants.podOver" -}}
{{- $pod := deepCopy .under -}}
{{- range $field, $value := .over -}}
{{- $before := get $pod $field -}}
{{- if and (kindIs "map" $value) (kindIs "map" $before) }}{{ $value = mergeOverwrite $before $value -}}
{{- else if and (kindIs "slice" $value) (kindIs "slice" $before) }}{{ $value = include "littlegiants.listOver" (dict "under" $before "over" $value) | fromJsonArray -}}
{{- end -}}
{{- $pod = set $pod $field $value -}}
{{- end -}}
{{- toJson $pod -}}
{{- end }}

{{/* A list after what another has beside it: volumes of other names and paths, variables of other names. */}}
{{- define "littlegiants.listOver" -}}
{{- $said := list -}}{{- $variables := list -}}
{{- range .over }}{{ if kindIs "map" . -}}
{{- $variables = default dict .keys | values | concat $variables -}}
{{- if not .keys }}{{ $said = compact (list .name .path) | concat $said }}{{ end -}}
{{- end }}{{ end -}}
{{- $kept := list -}}
{{- range $each := .under -}}
{{- $isKept := true -}}
{{- if kindIs "map" $each -}}
{{- $isKept = not (or (has $each.name $said) (has $each.path $said)) -}}
{{- with $each.keys -}}
{{- $keys := dict -}}
{{- range $key, $variable := . }}{{ if not (has $variable $variables) }}{{ $keys = set $keys $key $variable }}{{ end }}{{ end -}}
{{- $each = merge (dict "keys" $keys) (omit $each "keys") -}}
{{- $isKept = gt (len $keys) 0 -}}
{{- end -}}
{{- end -}}
{{- if $isKept }}{{ $kept = append $kept $each }}{{ end -}}
{{- end -}}
{{- concat $kept .over | uniq | toJson -}}
{{- end }}
