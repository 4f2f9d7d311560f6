{{/* Names and labels that more than one template needs. */}}

{{- define "netsniff.instance" -}}
{{- $instance := default .Release.Name .Values.fullnameOverride -}}
{{- if gt (len $instance) 30 -}}
{{- fail (printf "the name %q is longer than 30 characters; names of pods and services begin with it: set fullnameOverride" $instance) -}}
{{- end -}}
{{- $instance -}}
{{- end -}}

{{- define "netsniff.labels" -}}
app.kubernetes.io/name: netsniff
app.kubernetes.io/instance: {{ include "netsniff.instance" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: netsniff
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What pods of a component are found by: (list $ "operator"). */}}
{{- define "netsniff.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: netsniff
app.kubernetes.io/instance: {{ include "netsniff.instance" $root }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* An image, by digest where there is one: (list $ .Values.operator.image). */}}
{{- define "netsniff.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $name := $image.repository -}}
{{- with $root.Values.image.registry -}}
{{- $name = printf "%s/%s" (trimSuffix "/" .) $name -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (coalesce $image.tag $root.Values.image.tag $root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* Name of a service account: (list $ "operator"). */}}
{{- define "netsniff.account" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- default (printf "%s-%s" (include "netsniff.instance" $root) $component) (get $root.Values.serviceAccounts $component) -}}
{{- end -}}

{{- define "netsniff.pullSecrets" -}}
{{- with .Values.imagePullSecrets -}}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* What the level restricted asks of a pod. */}}
{{- define "netsniff.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "netsniff.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "netsniff.isOneNamespace" -}}
{{- if eq .Values.sensorNamespace.name .Release.Namespace }}yes{{ end -}}
{{- end -}}

{{- define "netsniff.priorityClass" -}}
{{- if .Values.sensor.priorityClass.create -}}
{{- default (printf "%s-sensor" (include "netsniff.instance" .)) .Values.sensor.priorityClass.name -}}
{{- else -}}
{{- .Values.sensor.priorityClass.name -}}
{{- end -}}
{{- end -}}
