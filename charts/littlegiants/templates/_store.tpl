{{/* How a pod reaches the S3 store. */}}
{{- define "littlegiants.storeEnv" -}}
{{- $s3 := .Values.storage.s3 -}}
{{- if eq .Values.storage.kind "s3" }}
- name: AWS_REGION
  value: {{ $s3.region }}
- name: AWS_DEFAULT_REGION
  value: {{ $s3.region }}
{{- with $s3.endpoint }}
- name: AWS_ENDPOINT_URL_S3
  value: {{ . }}
- name: FSSPEC_S3_ENDPOINT_URL
  value: {{ . }}
{{- end }}
{{- if $s3.caSecret }}
- name: AWS_CA_BUNDLE
  value: /etc/littlegiants/store-ca/ca.crt
{{- end }}
{{- range $name, $key := ternary (dict "AWS_ACCESS_KEY_ID" $s3.keys.accessKey "AWS_SECRET_ACCESS_KEY" $s3.keys.secretKey) dict (ne $s3.secret "") }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: {name: {{ $s3.secret }}, key: {{ $key }}}
{{- end }}
{{- end }}
{{- end }}

{{/* Ports that the release's pods must reach, as a JSON list. */}}
{{- define "littlegiants.egressPorts" -}}
{{- $ports := .Values.networkPolicy.egressPorts -}}
{{- $urls := list .Values.traces.endpoint -}}
{{- if eq .Values.storage.kind "s3" }}{{ $urls = append $urls .Values.storage.s3.endpoint }}{{ end -}}
{{- if eq .Values.pipelines.register "job" }}{{ $urls = append $urls .Values.pipelines.host }}{{ end -}}
{{- range compact $urls -}}
{{- $port := regexFind ":[0-9]+$" (get (urlParse .) "host") | trimPrefix ":" -}}
{{- $ports = append $ports (default (ternary 443 80 (hasPrefix "https" .)) $port | int) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end }}
