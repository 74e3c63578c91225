{{- define "socni.directories" -}}
{{- $known := dict
  "k3s" (dict "bin" (list "/var/lib/rancher/k3s/data/cni" "/opt/cni/bin") "conf" "/var/lib/rancher/k3s/agent/etc/cni/net.d")
  "k3s-thick" (dict "bin" (list "/opt/cni/bin" "/var/lib/rancher/k3s/data/cni") "conf" "/var/lib/rancher/k3s/agent/etc/cni/net.d")
  "rke2" (dict "bin" (list "/opt/cni/bin") "conf" "/etc/cni/net.d")
  "kubeadm" (dict "bin" (list "/opt/cni/bin") "conf" "/etc/cni/net.d")
  "openshift" (dict "bin" (list "/var/lib/cni/bin") "conf" "/etc/kubernetes/cni/net.d")
-}}
{{- $own := get $known .Values.distribution -}}
{{- dict "bin" (.Values.guard.binDirs | default $own.bin) "conf" (.Values.guard.confDir | default $own.conf) | toYaml -}}
{{- end }}

{{- define "socni.image" -}}
{{ .root.Values.image.registry }}/socni-{{ .name }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}
