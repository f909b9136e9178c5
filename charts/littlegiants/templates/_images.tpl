{{/* Which image, and how it is pulled: littlegiants.image (dict "root" $ "image" "trainer"). */}}
{{- define "littlegiants.image" -}}
{{- $all := .root.Values.images -}}
{{- $one := index $all .image -}}
{{- $path := ternary (printf "%s/%s" $all.registry $one.repository) $one.repository (ne $all.registry "") -}}
image: {{ ternary (printf "%s@%s" $path $one.digest) (printf "%s:%s" $path (default .root.Chart.AppVersion $one.tag)) (ne $one.digest "") }}
imagePullPolicy: {{ $all.pullPolicy }}
{{- end }}

{{- define "littlegiants.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
