{{/* Every name, label and image that the chart uses. */}}

{{- define "littlegiants.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "littlegiants.fullname" -}}
{{- $name := include "littlegiants.name" . -}}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- $whole = default $whole .Values.fullnameOverride | replace "." "-" | trunc 40 | trimSuffix "-" -}}
{{- if not (regexMatch "^[a-z]" $whole) }}{{ fail (printf "fullnameOverride: %s would begin the names of Services, which begin with a letter; set another, or another release name" $whole) }}{{ end -}}
{{- $whole -}}
{{- end }}

{{/* One name for each part: littlegiants.of (dict "root" $ "part" "senior"). */}}
{{- define "littlegiants.of" -}}
{{- printf "%s-%s" (include "littlegiants.fullname" .root) .part -}}
{{- end }}

{{- define "littlegiants.serviceAccount" -}}
{{- default (ternary (include "littlegiants.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end }}

{{- define "littlegiants.store" -}}
{{- default (include "littlegiants.of" (dict "root" . "part" "store")) .Values.storage.pvc.claim -}}
{{- end }}

{{- define "littlegiants.tlsSecret" -}}
{{- ternary .Values.tls.secret (include "littlegiants.of" (dict "root" . "part" "tls")) (eq .Values.tls.mode "secret") -}}
{{- end }}

{{- define "littlegiants.selector" -}}
app.kubernetes.io/name: {{ include "littlegiants.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "littlegiants.labels" -}}
{{ include "littlegiants.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: littlegiants
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with merge (dict) (default dict .labels) .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* littlegiants.metadata (dict "root" $ "part" "senior"), with "name", "namespace", "labels", "annotations" where there are others. */}}
{{- define "littlegiants.metadata" -}}
name: {{ default (include "littlegiants.of" .) .name }}
namespace: {{ default .root.Release.Namespace .namespace }}
labels: {{- include "littlegiants.labels" . | nindent 2 }}
{{- with merge (dict) (default dict .annotations) .root.Values.commonAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
