{{- define "socni.paths" -}}
{{- $paths := dict
  "k3s" (dict "bin" "/var/lib/rancher/k3s/data/cni" "otherBin" "/opt/cni/bin" "conf" "/var/lib/rancher/k3s/agent/etc/cni/net.d")
  "k3s-thick" (dict "bin" "/opt/cni/bin" "otherBin" "/var/lib/rancher/k3s/data/cni" "conf" "/var/lib/rancher/k3s/agent/etc/cni/net.d")
  "rke2" (dict "bin" "/opt/cni/bin" "conf" "/etc/cni/net.d")
  "kubeadm" (dict "bin" "/opt/cni/bin" "conf" "/etc/cni/net.d")
  "openshift" (dict "bin" "/var/lib/cni/bin" "conf" "/etc/kubernetes/cni/net.d")
-}}
{{- get $paths .Values.distribution | toYaml -}}
{{- end }}

{{- define "socni.image" -}}
{{ .root.Values.image.registry }}/socni-{{ .name }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}
