{{/* Fetches a model before its server starts: (dict "root" $ "source" SOURCE "for" ROLE OR TEACHER), with "target" and "name" where they are others. */}}
{{- define "littlegiants.fetch" -}}
{{- if has .source.kind (list "hf" "s3") }}
- name: {{ default "fetch" .name }}
  {{- include "littlegiants.image" (dict "root" .root "image" "generator") | nindent 2 }}
  args:
    - services.generator.fetch
    - --source={{ include "littlegiants.fetchFrom" .source }}
    - --target={{ default (include "littlegiants.fetched" .source) .target }}
    {{- if and .root.Values.modelCache.claim (eq .source.kind "hf") }}
    - --hub-cache={{ include "littlegiants.hubCache" .root }}/hub
    {{- end }}
    {{- with .source.digest }}
    - --digest={{ . }}
    {{- end }}
  {{- with include "littlegiants.fetchEnv" . | trim }}
  env: {{- . | nindent 4 }}
  {{- end }}
  {{- with .for.extraEnvFrom }}
  envFrom: {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    requests: {cpu: 250m, memory: 512Mi}
    limits: {memory: 2Gi}
  securityContext: {{- toYaml .root.Values.pod.containerSecurityContext | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    - {name: home, mountPath: /var/lib/littlegiants}
    {{- include "littlegiants.hubMount" .root | nindent 4 }}
    {{- if and (eq .root.Values.storage.kind "s3") .root.Values.storage.s3.caSecret }}
    - {name: store-ca, mountPath: /etc/littlegiants/store-ca, readOnly: true}
    {{- end }}
    {{- with .for.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end }}

{{- define "littlegiants.fetchEnv" -}}
{{- include "littlegiants.storeEnv" .root }}
{{- if and (eq .source.kind "hf") .source.hf.tokenSecret }}
- name: HF_TOKEN
  valueFrom:
    secretKeyRef: {name: {{ .source.hf.tokenSecret }}, key: HF_TOKEN}
{{- end }}
{{- with .for.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
