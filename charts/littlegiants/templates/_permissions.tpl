{{/* A RoleBinding and the head of its Role; the rules follow: (dict "root" $ "part" NAME "accounts" LIST "namespace" NAMESPACE). */}}
{{- define "littlegiants.binding" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{- include "littlegiants.metadata" . | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ include "littlegiants.of" . }}}
subjects:
  {{- range .accounts }}
  - {kind: ServiceAccount, name: {{ .name }}, namespace: {{ .namespace }}}
  {{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{- include "littlegiants.metadata" . | nindent 2 }}
{{- end }}
