{{/* What the operator is told, as docs/install.md describes it. */}}
{{- define "netsniff.operatorJson" -}}
{{- $sensor := dict
  "serviceAccount" (include "netsniff.account" (list . "sensor"))
  "priorityClass" (include "netsniff.priorityClass" .)
  "capabilities" .Values.sensor.capabilities
  "hostPath" .Values.sensor.hostPath
  "maxUnavailable" (toString .Values.sensor.maxUnavailable)
  "terminationGracePeriodSeconds" (int .Values.sensor.terminationGracePeriodSeconds)
  "resources" .Values.sensor.resources
  "nodeSelector" .Values.sensor.nodeSelector
  "affinity" .Values.sensor.affinity
  "env" .Values.sensor.env
  "podLabels" .Values.sensor.podLabels
  "podAnnotations" .Values.sensor.podAnnotations
  "healthPort" (int .Values.sensor.healthPort) -}}
{{- $storage := .Values.worker.storage -}}
{{- $watched := list -}}
{{- with .Values.watchNamespaces -}}
{{- $watched = append . $.Release.Namespace | uniq -}}
{{- end -}}
{{- $worker := dict
  "serviceAccount" (include "netsniff.account" (list . "worker"))
  "priorityClass" .Values.worker.priorityClassName
  "storage" (dict "type" $storage.type "size" $storage.size "storageClass" $storage.storageClass)
  "retention" .Values.worker.retention
  "scaling" .Values.worker.scaling
  "deleteClaims" $storage.deleteClaims
  "terminationGracePeriodSeconds" (int .Values.worker.terminationGracePeriodSeconds)
  "resources" .Values.worker.resources
  "nodeSelector" .Values.worker.nodeSelector
  "tolerations" .Values.worker.tolerations
  "affinity" .Values.worker.affinity
  "topologySpreadConstraints" (.Values.worker.topologySpreadConstraints | default nil)
  "env" .Values.worker.env
  "podLabels" .Values.worker.podLabels
  "podAnnotations" .Values.worker.podAnnotations -}}
{{- dict
  "instance" (include "netsniff.instance" .)
  "namespace" .Release.Namespace
  "sensorsNamespace" .Values.sensorNamespace.name
  "watchNamespaces" $watched
  "clusterDomain" .Values.clusterDomain
  "version" .Chart.AppVersion
  "labels" .Values.commonLabels
  "images" (dict
    "sensor" (include "netsniff.image" (list . .Values.sensor.image))
    "worker" (include "netsniff.image" (list . .Values.worker.image))
    "pullPolicy" .Values.image.pullPolicy
    "pullSecrets" .Values.imagePullSecrets)
  "certificates" .Values.certificates
  "sensor" $sensor
  "worker" $worker
  "networkPolicies" (dict
    "enabled" .Values.networkPolicy.enabled
    "monitoringNamespaceSelector" .Values.networkPolicy.monitoringNamespaceSelector
    "apiServerPorts" .Values.networkPolicy.apiServerPorts
    "apiServerCidrs" .Values.networkPolicy.apiServerCidrs)
  "defaults" "/etc/netsniff/defaults"
  | toPrettyJson -}}
{{- end -}}
