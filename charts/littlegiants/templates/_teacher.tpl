{{/* vLLM's OpenAI-compatible server, from the generators' image: (dict "root" $ "source" SOURCE). */}}
{{- define "littlegiants.teacherContainer" -}}
{{- $t := .root.Values.teacher -}}
name: teacher
{{ include "littlegiants.image" (dict "root" .root "image" "generator") }}
args:
  - services.generator.vllm_teacher
  - --model={{ include "littlegiants.modelFolder" .source }}
  - --served-model-name={{ $t.servedName }}
  - --port=8000
  - --dtype={{ $t.dtype }}
  - --max-model-len={{ include "littlegiants.plain" $t.maxModelLen }}
  - --generation-config=vllm
  {{- include "littlegiants.teacherEngine" $t | nindent 2 }}
  {{- if eq (int $t.gpuCount) 0 }}
  {{- /* without a GPU vLLM ends when a seeded prompt comes in parts: "CPU Generator does not use offset" */}}
  - --enforce-eager
  - --no-enable-chunked-prefill
  - --no-enable-prefix-caching
  - --max-num-batched-tokens={{ include "littlegiants.plain" (max 2048 (int $t.maxModelLen)) }}
  {{- end }}
  {{- range $t.extraArgs }}
  - {{ . | quote }}
  {{- end }}
env:
  - {name: VLLM_NO_USAGE_STATS, value: "1"}
  - {name: HF_HUB_OFFLINE, value: "1"}
  {{- with $t.apiKeySecret }}
  - {name: VLLM_API_KEY, valueFrom: {secretKeyRef: {name: {{ . }}, key: VLLM_API_KEY}}}
  {{- end }}
  {{- with include "littlegiants.threads" (merge (dict "gpu" (dict "count" $t.gpuCount)) $t) | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with $t.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - {name: http, containerPort: 8000, protocol: TCP}
startupProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 15
  failureThreshold: 480
readinessProbe:
  httpGet: {path: /health, port: http}
livenessProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 15
  failureThreshold: 8
resources: {{- include "littlegiants.resources" (dict "resources" $t.resources "name" $t.gpuResource "count" $t.gpuCount) | nindent 2 }}
securityContext: {{- toYaml .root.Values.pod.containerSecurityContext | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: shm, mountPath: /dev/shm}
  - {name: home, mountPath: /var/lib/littlegiants}
  {{- include "littlegiants.hubMount" .root | nindent 2 }}
  {{- if has .source.kind (list "pvc" "oci") }}
  - {name: model, mountPath: /models, readOnly: true}
  {{- end }}
{{- end }}
