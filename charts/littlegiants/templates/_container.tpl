{{/* The generator's container, for Deployments and for KServe; `c` as in littlegiants.args, with "container". */}}
{{- define "littlegiants.container" -}}
{{- $v := .root.Values -}}
name: {{ .container }}
{{ include "littlegiants.image" (dict "root" .root "image" "generator") }}
args: {{- include "littlegiants.args" . | nindent 2 }}
{{- with include "littlegiants.env" . | trim }}
env: {{- . | nindent 2 }}
{{- end }}
{{- with .role.extraEnvFrom }}
envFrom: {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  {{- range $role := include "littlegiants.rolesOf" . | fromJsonArray }}
  {{- range $name, $first := include "littlegiants.firstPorts" $.root | fromYaml }}
  {{- $port := dict "root" $.root "part" $role "name" $name "first" $first }}
  - {name: {{ include "littlegiants.portName" $port }}, containerPort: {{ include "littlegiants.portOf" $port }}, protocol: TCP}
  {{- end }}
  {{- end }}
{{- include "littlegiants.probes" . }}
lifecycle:
  preStop: {{- include "littlegiants.sleep" . | nindent 4 }}
resources: {{- include "littlegiants.resources" (dict "resources" .role.resources "name" .role.gpu.resource "count" .role.gpu.count) | nindent 2 }}
securityContext: {{- toYaml $v.pod.containerSecurityContext | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts: {{- include "littlegiants.mounts" . | nindent 2 }}
{{- end }}

{{- define "littlegiants.env" -}}
{{- include "littlegiants.storeEnv" .root }}
{{- if ne .root.Values.tls.mode "none" }}
- name: LITTLEGIANTS_SERVER_NAME
  value: {{ include "littlegiants.of" (dict "root" .root "part" (include "littlegiants.rolesOf" . | fromJsonArray | first)) }}
{{- end }}
{{- include "littlegiants.peerEnv" . }}
{{- include "littlegiants.threads" .role }}
{{- with .role.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "littlegiants.sleep" -}}
{{- if semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version -}}
sleep: {seconds: {{ .role.preStopSeconds }}}
{{- else -}}
exec: {command: [sleep, {{ .role.preStopSeconds | quote }}]}
{{- end -}}
{{- end }}

{{- define "littlegiants.resources" -}}
{{- $gpu := ternary (dict .name .count) dict (gt (int .count) 0) -}}
requests: {{- merge (dict) $gpu (default dict .resources.requests) | toYaml | nindent 2 }}
limits: {{- merge (dict) $gpu (default dict .resources.limits) | toYaml | nindent 2 }}
{{- end }}
