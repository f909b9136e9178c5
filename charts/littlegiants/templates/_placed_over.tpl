{{/* `pipelines.placement` over what the release knows: what it says is added by name, and goes before. */}}

{{/* A stage's own pod: in what it says itself, what is said for every stage and for its group stays. */}}
{{- define "littlegiants.stageOver" -}}
{{- $added := list "secret_variables" "secret_files" "claims" "environment" "labels" "annotations" "pull_secrets" "tolerations" -}}
{{- $under := dict -}}
{{- range $layer := .layers -}}
{{- range $field, $value := default dict $layer -}}
{{- if and (has $field $added) (hasKey $.pod $field) -}}
{{- $under = include "littlegiants.podOver" (dict "under" $under "over" (dict $field $value)) | fromJson -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "littlegiants.podOver" (dict "under" $under "over" .pod) -}}
{{- end }}

{{/* The whole: (dict "derived" PLACEMENT "own" PLACEMENT). */}}
{{- define "littlegiants.placedOver" -}}
{{- $defaults := include "littlegiants.podOver" (dict "under" .derived.defaults "over" (.own.defaults | default dict)) | fromJson -}}
{{- $stages := deepCopy .derived.stages -}}
{{- range $stage, $pod := .own.stages | default dict -}}
{{- $stages = set $stages $stage (include "littlegiants.podOver" (dict "under" (get $stages $stage | default dict) "over" (default dict $pod)) | fromJson) -}}
{{- end -}}
{{- $placed := dict "defaults" $defaults "stages" dict -}}
{{- range $stage, $pod := $stages -}}
{{- $group := splitList "-" $stage | first -}}
{{- $layers := list $defaults (ternary dict (get $stages $group | default dict) (eq $group $stage)) -}}
{{- $_ := include "littlegiants.stageOver" (dict "pod" $pod "layers" $layers) | fromJson | set $placed.stages $stage -}}
{{- end -}}
{{- mergeOverwrite (omit .derived "defaults" "stages") (omit .own "defaults" "stages") | merge $placed | toJson -}}
{{- end }}
