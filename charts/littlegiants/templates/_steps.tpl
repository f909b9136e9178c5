{{/* What the release knows of its pipeline's steps, as a placement: the values say nothing twice. */}}
{{- define "littlegiants.stepDefaults" -}}
{{- $v := .Values -}}{{- $p := $v.pipelines -}}
{{- $variables := dict -}}{{- $secrets := list -}}
{{- range (printf "env: %s" (include "littlegiants.storeEnv" . | trim | default "[]" | nindent 2) | fromYaml).env -}}
{{- if .value }}{{ $variables = set $variables .name .value }}{{ end -}}
{{- end -}}
{{- $claims := list -}}{{- $files := list -}}
{{- if and (eq $v.storage.kind "s3") $v.storage.s3.caSecret -}}
{{- $files = append $files (dict "name" $v.storage.s3.caSecret "path" "/etc/littlegiants/store-ca") -}}
{{- end -}}
{{- with $p.caSecret -}}
{{- $files = append $files (dict "name" . "path" "/etc/littlegiants/generators-ca") -}}
{{- $variables = set $variables "LITTLEGIANTS_CA" "/etc/littlegiants/generators-ca/ca.crt" -}}
{{- end -}}
{{- with $p.clientSecret -}}
{{- $files = append $files (dict "name" . "path" "/etc/littlegiants/generators-client") -}}
{{- $variables = merge $variables (dict "LITTLEGIANTS_CERT" "/etc/littlegiants/generators-client/tls.crt" "LITTLEGIANTS_KEY" "/etc/littlegiants/generators-client/tls.key") -}}
{{- end -}}
{{- if and (eq $v.storage.kind "pvc") (eq (include "littlegiants.runNamespace" .) .Release.Namespace) -}}
{{- $claims = append $claims (dict "name" (include "littlegiants.store" .) "path" "/store") -}}
{{- end -}}
{{- with $v.modelCache.claim -}}
{{- $claims = append $claims (dict "name" . "path" (include "littlegiants.hubCache" $)) -}}
{{- $variables = set $variables "HF_HOME" (include "littlegiants.hubCache" $) -}}
{{- end -}}
{{- with $v.metrics.pushgateway -}}
{{- $labels := printf "release=%s,namespace=%s" $.Release.Name $.Release.Namespace -}}
{{- $variables = merge $variables (dict "LITTLEGIANTS_PUSHGATEWAY" . "LITTLEGIANTS_PUSH_LABELS" $labels) -}}
{{- end -}}
{{- if and (eq $v.storage.kind "s3") $v.storage.s3.secret -}}
{{- $keys := dict $v.storage.s3.keys.accessKey "AWS_ACCESS_KEY_ID" $v.storage.s3.keys.secretKey "AWS_SECRET_ACCESS_KEY" -}}
{{- $secrets = append $secrets (dict "name" $v.storage.s3.secret "keys" $keys) -}}
{{- end -}}
{{- with $p.teacherSecret }}{{ $secrets = append $secrets (dict "name" . "keys" (dict "OPENAI_API_KEY" "OPENAI_API_KEY")) }}{{ end -}}
{{- if and $v.teacher.enabled $v.teacher.apiKeySecret (not $p.teacherSecret) -}}
{{- $secrets = append $secrets (dict "name" $v.teacher.apiKeySecret "keys" (dict "VLLM_API_KEY" "OPENAI_API_KEY")) -}}
{{- end -}}
{{- with default $v.generator.source.hf.tokenSecret $p.hfTokenSecret }}{{ $secrets = append $secrets (dict "name" . "keys" (dict "HF_TOKEN" "HF_TOKEN")) }}{{ end -}}
{{- if and $v.tokens.secret $p.caller }}{{ $secrets = append $secrets (dict "name" $v.tokens.secret "keys" (dict $p.caller "LITTLEGIANTS_TOKEN")) }}{{ end -}}
{{- if and $v.teacher.enabled (not (or $p.teacher $p.teacherSecret $v.teacher.apiKeySecret)) }}{{ $variables = set $variables "OPENAI_API_KEY" "none" }}{{ end -}}
environment: {{ merge (dict) $p.environment $variables | toJson }}
secret_variables: {{ toJson $secrets }}
{{- with $files }}
secret_files: {{ toJson . }}
{{- end }}
{{- with $claims }}
claims: {{ toJson . }}
{{- end }}
labels: {{ include "littlegiants.labelsOfSteps" . }}
pull_policy: {{ $v.images.pullPolicy }}
pull_secrets: {{ toJson $v.images.pullSecrets }}
{{- end }}
