{{/* Which image, and how it is pulled: littlegiants.image (dict "root" $ "image" "trainer"). */}}
{{- define "littlegiants.image" -}}
{{- $all := .root.Values.images -}}
{{- $one := index $all .image -}}
{{- if and (not $all.registry) (ne $all.pullPolicy "Never") -}}
{{- fail "images.registry: name the registry that you pushed the images to (make images PREFIX=REGISTRY/littlegiants PUSH=1), or set images.pullPolicy: Never where the nodes have them" -}}
{{- end -}}
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
