{{/* What Kubeflow Pipelines is told of a stage's pod beside its container: (dict "placed" PLACEMENT "stage" STAGE "pod" POD), as `kfp.kubernetes` writes it. */}}
{{- define "littlegiants.stepPlatform" -}}
{{- $pod := .pod -}}
securityContext: {runAsNonRoot: true}
{{- if (include "littlegiants.stepSpread" . | fromJson).RUNTIME }}
fieldPathAsEnv:
  - {name: LITTLEGIANTS_TRAINING_POD_NAME, fieldPath: metadata.name}
  - {name: LITTLEGIANTS_TRAINING_POD_UID, fieldPath: metadata.uid}
  - {name: LITTLEGIANTS_TRAINING_RUN_ID, fieldPath: "metadata.labels['pipeline/runid']"}
{{- end }}
{{- with $pod.shm }}
emptyDirMounts:
  - {volumeName: shm, mountPath: /dev/shm, medium: Memory, sizeLimit: {{ . }}}
{{- end }}
{{- with $pod.node_selector }}
nodeSelector: {labels: {{ toJson . }}}
{{- end }}
{{- with $pod.tolerations }}
tolerations:
  {{- range . }}
  - {{ merge (dict) . (dict "operator" "Equal") | toJson }}
  {{- end }}
{{- end }}
{{- with $pod.secret_variables }}
secretAsEnv:
  {{- range . }}
  - {{ include "littlegiants.stepSecret" . }}
    keyToEnv:
      {{- range $key, $variable := .keys }}
      - {secretKey: {{ $key }}, envVar: {{ $variable }}}
      {{- end }}
  {{- end }}
{{- end }}
{{- with $pod.secret_files }}
secretAsVolume:
  {{- range . }}
  - {{ include "littlegiants.stepSecret" . }}
    mountPath: {{ .path }}
  {{- end }}
{{- end }}
{{- with $pod.claims }}
pvcMount:
  {{- range . }}
  - constant: {{ .name }}
    pvcNameParameter: {runtimeValue: {constant: {{ .name }}}}
    mountPath: {{ .path }}
    {{- with .sub_path }}
    subPath: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}
{{- include "littlegiants.stepLife" $pod }}
{{- end }}

{{- define "littlegiants.stepSecret" -}}
secretName: {{ .name }}
    secretNameParameter: {runtimeValue: {constant: {{ .name }}}}
    optional: {{ default false .optional }}
{{- end }}
