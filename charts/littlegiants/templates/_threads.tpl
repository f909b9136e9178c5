{{/* Without a GPU: a thread for each core that is asked for but one, which schedules; several pods of a node must not bind the same cores, as vLLM would. */}}
{{- define "littlegiants.threads" -}}
{{- $cpu := default dict .resources.requests | dig "cpu" "" | toString -}}
{{- if and (eq (int .gpu.count) 0) $cpu -}}
{{- $cores := ternary (divf (trimSuffix "m" $cpu) 1000) (float64 $cpu) (hasSuffix "m" $cpu) | ceil | int -}}
{{- $told := list -}}
{{- range .extraEnv }}{{ $told = append $told .name }}{{ end -}}
{{- range $name, $value := dict "OMP_NUM_THREADS" (sub $cores 1 | max 1) "VLLM_CPU_OMP_THREADS_BIND" "nobind" -}}
{{- if not (has $name $told) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
