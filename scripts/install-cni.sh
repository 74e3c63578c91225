#!/bin/sh
# Puts the guard in the place of a node's CNI plugins. CNI_BIN_DIR and CNI_CONF_DIR name the node's directories; without
# them they are found as K3s, RKE2, kubeadm or OpenShift have them. Arguments go to "socni install": --help lists them.
#
#   export CNI_BIN_DIR=/var/lib/rancher/k3s/data/cni
#   export CNI_CONF_DIR=/var/lib/rancher/k3s/agent/etc/cni/net.d
#   ./scripts/install-cni.sh --keys keys.json
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

case $(uname -m) in
x86_64) machine=x64 ;;
aarch64 | arm64) machine=arm64 ;;
*)
  echo "install-cni.sh: there is no guard for $(uname -m): use x86_64 or aarch64" >&2
  exit 3
  ;;
esac
# musl's loader has its name in the path of the interpreter.
libc=glibc
for loader in /lib/ld-musl-*; do
  if [ -e "$loader" ]; then libc=musl; fi
done

guard="$root/dist/plugin/linux-$machine-$libc/socni"
if [ ! -x "$guard" ]; then
  echo "install-cni.sh: $guard is missing: npm run build:plugin linux-$machine-$libc" >&2
  exit 3
fi
case ${1-} in
uninstall) exec "$guard" "$@" ;;
*) exec "$guard" install "$@" ;;
esac
