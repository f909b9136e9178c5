{{/* What Deployments and InferenceServices say about a generator's pod beside its containers. */}}
{{- define "littlegiants.pod" -}}
serviceAccountName: {{ .serviceAccount }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add (int .role.preStopSeconds) (int .role.server.graceS) 15 }}
{{- include "littlegiants.pullSecrets" .root }}
securityContext: {{- toYaml .root.Values.pod.securityContext | nindent 2 }}
{{- include "littlegiants.placement" .role }}
{{- with .role.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .role.topologySpread.enabled }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: {{ .role.topologySpread.topologyKey }}
    whenUnsatisfiable: {{ .role.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels: {{- include "littlegiants.selector" . | nindent 8 }}
{{- end }}
{{- end }}

{{- define "littlegiants.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "littlegiants.podMetadata" -}}
labels: {{- include "littlegiants.labels" . | nindent 2 }}
  {{- with .role.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .role.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Outside of a mesh: its proxy would outlive a pod that ends, and policies let nothing reach its control plane. */}}
{{- define "littlegiants.noMesh" -}}
sidecar.istio.io/inject: "false"
{{- end }}
