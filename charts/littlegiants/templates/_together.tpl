{{/* Three roles of one pod: what it is called, where each of them listens. */}}

{{/* What Deployments say beside `generator`, by part: a role each, or `generators`, which is all of them. */}}
{{- define "littlegiants.parts" -}}
{{- ternary (dict "generators" dict) .Values.roles .Values.serving.together | toYaml -}}
{{- end }}

{{/* The part whose pods serve a role. */}}
{{- define "littlegiants.servedBy" -}}
{{- ternary "generators" .part .root.Values.serving.together -}}
{{- end }}

{{/* Roles that a part's pods serve, in the order of their ports. */}}
{{- define "littlegiants.rolesOf" -}}
{{- ternary (list "junior" "senior" "revisor") (list .part) .root.Values.serving.together | toJson -}}
{{- end }}

{{/* Port of a role in its pod, (dict "root" $ "part" ROLE "first" PORT): ten above that of the role before. */}}
{{- define "littlegiants.portOf" -}}
{{- $place := ternary (get (dict "junior" 0 "senior" 1 "revisor" 2) .part | default 0) 0 .root.Values.serving.together -}}
{{- add (int .first) (mul 10 $place) -}}
{{- end }}

{{/* That port of every role, for a NetworkPolicy. */}}
{{- define "littlegiants.policyPorts" -}}
{{- range include "littlegiants.rolesOf" (dict "root" .root "part" "junior") | fromJsonArray }}
- {protocol: TCP, port: {{ include "littlegiants.portOf" (dict "root" $.root "part" . "first" $.first) }}}
{{- end }}
{{- end }}

{{/* Its name there, (dict "root" $ "part" ROLE "name" "grpc"). */}}
{{- define "littlegiants.portName" -}}
{{- ternary (printf "%s-%s" .name .part) .name .root.Values.serving.together -}}
{{- end }}

{{/* The first role's ports by name; KServe knows but one. */}}
{{- define "littlegiants.firstPorts" -}}
{{- if eq .Values.serving.backend "kserve" -}}
h2c: {{ .Values.service.port }}
{{- else -}}
grpc: {{ .Values.service.port }}
{{- if .Values.admin.enabled }}
admin: {{ .Values.admin.port }}
{{- end }}
{{- if .Values.metrics.enabled }}
metrics: {{ .Values.metrics.port }}
{{- end }}
{{- end -}}
{{- end }}

{{/* Each role's address, and what they are adapters of, as the steps' --generators has them. */}}
{{- define "littlegiants.listed" -}}
{{- range include "littlegiants.rolesOf" (dict "root" . "part" "") | fromJsonArray -}}
{{ . }}={{ include "littlegiants.address" (dict "root" $ "part" .) }},
{{- end -}}
{{- $generator := include "littlegiants.role" (dict "root" . "override" dict) | fromYaml -}}
base={{ $generator.server.adapterBase }}
{{- end }}
