{{/* What an engine is told beside its sizes: of a generator's role, in the generator's own flags. */}}
{{- define "littlegiants.engineArgs" -}}
{{- $engine := omit .engine "engineArgs" "tensorParallelSize" -}}
- --tensor-parallel-size={{ default (max 1 .gpu.count) .engine.tensorParallelSize }}
{{- range $name, $value := $engine }}
- --{{ kebabcase $name }}={{ include "littlegiants.plain" $value }}
{{- end }}
{{- with .engine.engineArgs }}
- {{ printf "--engine-args=%s" (toJson .) | quote }}
{{- end }}
{{- end }}

{{/* The same of the teacher, in vLLM's flags. */}}
{{- define "littlegiants.teacherEngine" -}}
- --tensor-parallel-size={{ default (max 1 .gpuCount) .engine.tensorParallelSize }}
{{- if ne .engine.quantization "none" }}
- --quantization={{ .engine.quantization }}
{{- end }}
{{- if ne .engine.kvCacheDtype "auto" }}
- --kv-cache-dtype={{ .engine.kvCacheDtype }}
{{- end }}
{{- with int .engine.ngramTokens }}
- {{ printf "--speculative-config=%s" (dict "method" "ngram" "num_speculative_tokens" . "prompt_lookup_max" 4 | toJson) | quote }}
{{- end }}
{{- if and (not .engine.prefixCaching) (gt (int .gpuCount) 0) }}
- --no-enable-prefix-caching
{{- end }}
{{- end }}
