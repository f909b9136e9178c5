{{/* What a node of a training mounts beside its own, as a JSON list: a step's claims and files, but for the generators' and for where it works, which `trainer.workClaim` says. */}}
{{- define "littlegiants.trainingMounted" -}}
{{- $own := .Values.pipelines.placement.defaults | default dict -}}
{{- $pod := include "littlegiants.podOver" (dict "under" (include "littlegiants.stepDefaults" . | fromYaml) "over" $own) | fromJson -}}
{{- $mounted := list -}}
{{- range $pod.claims | default list -}}
{{- if not (hasPrefix "/var/lib/littlegiants" .path) }}{{ $mounted = append $mounted . }}{{ end -}}
{{- end -}}
{{- range $pod.secret_files | default list -}}
{{- if not (hasPrefix "/etc/littlegiants/generators-" .path) }}{{ $mounted = merge (dict "isSecret" true) . | append $mounted }}{{ end -}}
{{- end -}}
{{- toJson $mounted -}}
{{- end }}

{{- define "littlegiants.trainingMounts" -}}
{{- range $number, $each := include "littlegiants.trainingMounted" . | fromJsonArray }}
- {{ dict "name" (printf "mounted-%d" $number) "mountPath" .path "subPath" (default "" .sub_path) "readOnly" (default false .isSecret) | toJson }}
{{- end }}
{{- end }}

{{- define "littlegiants.trainingVolumes" -}}
{{- range $number, $each := include "littlegiants.trainingMounted" . | fromJsonArray }}
{{- if .isSecret }}
- {name: mounted-{{ $number }}, secret: {secretName: {{ .name }}, optional: {{ default false .optional }}, defaultMode: 0440}}
{{- else }}
- {name: mounted-{{ $number }}, persistentVolumeClaim: {claimName: {{ .name }}}}
{{- end }}
{{- end }}
{{- end }}
