{{/* A pod of all roles has three times the ports: none may be said for two things. */}}
{{- define "littlegiants.checkPorts" -}}
{{- $ports := list -}}
{{- range $role := include "littlegiants.rolesOf" . | fromJsonArray }}{{ range include "littlegiants.firstPorts" $.root | fromYaml -}}
{{- $port := include "littlegiants.portOf" (dict "root" $.root "part" $role "first" .) -}}
{{- if has $port $ports }}{{ fail (printf "service.port, admin.port, metrics.port: a pod would listen on %s twice" $port) }}{{ end -}}
{{- $ports = append $ports $port -}}
{{- end }}{{ end -}}
{{- end }}
