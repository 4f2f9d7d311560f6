#!/usr/bin/env bash
# Brings up a Kubernetes cluster on this machine, or what is missing of it: a control plane and N nodes, each with network,
# mounts, processes and host name of its own, and in it containerd, kubelet and kube-proxy.   up.sh [N] [IMAGE.tar...]
# The last line of stdout is the kubeconfig. Exit code 3: something it needs is not here; stderr says what.
# NETSNIFF_KUBE_BUILD=1 builds Kubernetes' binaries where there are none.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/settings.sh"
nodes=${1:-3}
shift || true
[[ $nodes =~ ^[0-9]+$ ]] && [ "$nodes" -le $nodes_max ] || { echo "up.sh: at most $nodes_max nodes" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "a cluster needs root" >&2; exit 3; }
[ -d /sys/fs/cgroup/memory ] || { echo "a cluster needs control groups of version 1, or both versions" >&2; exit 3; }
if ! "$here/binaries.sh" >/dev/null; then
    [ "${NETSNIFF_KUBE_BUILD:-}" = 1 ] || exit 3
    "$here/install.sh" build
    nice "$here/binaries.sh" --build >/dev/null
fi
"$here/install.sh" cluster

mkdir -p "$clusters"
exec {lock}>"$clusters/lock"
flock $lock
addresses
mkdir -p "$folder"/{run,log,images} "$pki"
# The first cluster notes how the machine was, the last puts it back.
if [ ! -e "$clusters/kernel" ]; then
    modprobe br_netfilter 2>/dev/null || true
    for setting in $kernel_settings; do
        [ ! -e "/proc/sys/$setting" ] || echo "$setting $(cat "/proc/sys/$setting")"
    done >"$clusters/kernel"
fi
# Frames between nodes are not the host's firewall's to judge.
[ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables
for limit in instances=2048 watches=524288; do
    at=/proc/sys/fs/inotify/max_user_${limit%=*}
    [ "$(cat $at)" -ge "${limit#*=}" ] || echo "${limit#*=}" >$at
done
exec {lock}>&-

kubeconfig() { # FILE CERTIFICATE: whole in itself
    local at=$folder/$1.kubeconfig
    [ -s "$at" ] || cat >"$at" <<YAML
apiVersion: v1
kind: Config
current-context: $name
clusters: [{name: $name, cluster: {server: "$api", certificate-authority-data: $(base64 -w0 "$pki/ca.crt")}}]
users:
- name: $2
  user: {client-certificate-data: $(base64 -w0 "$pki/$2.crt"), client-key-data: $(base64 -w0 "$pki/$2.key")}
contexts: [{name: $name, context: {cluster: $name, user: $2}}]
YAML
}

if [ ! -e "$pki/complete" ]; then
    . "$here/certificates.sh"
    pki_days=365
    authority ca
    authority front-ca
    token_keys
    within=kubernetes.default.svc
    certificate apiserver /CN=kube-apiserver \
        "DNS:kubernetes,DNS:kubernetes.default,DNS:$within,DNS:$within.cluster.local,IP:$host,IP:$services.0.1"
    certificate to-kubelet /O=system:masters/CN=to-kubelet
    certificate admin /O=system:masters/CN=admin
    certificate controllers /CN=system:kube-controller-manager
    certificate scheduler /CN=system:kube-scheduler
    certificate proxy /CN=system:kube-proxy
    certificate front /CN=front "" front-ca
    touch "$pki/complete"
fi
for who in admin controllers scheduler proxy; do kubeconfig $who $who; done

ip link show "$bridge" >/dev/null 2>&1 || {
    ip link add "$bridge" type bridge
    ip addr add "$host/24" dev "$bridge"
}
ip link set "$bridge" up

pause() { # The program that holds a pod's namespaces, from its source.
    local made
    made=$(mktemp -d)
    gcc -static -Os -s -o "$made/pause" "$here/pause.c"
    python3 "$here/archive.py" "$made" "$pause_image" /pause "$folder/images/pause.tar.new"
    rm -r "$made"
    mv "$folder/images/pause.tar.new" "$folder/images/pause.tar"
}
pause_image=netsniff.test/pause:1
[ -s "$folder/images/pause.tar" ] || pause

"$here/control.sh" start
echo "control plane after $(since)" >&2
waiting=()
for ((at = 1; at <= nodes; at++)); do
    "$here/node.sh" start $at &
    waiting+=($!)
done
for job in ${waiting[@]+"${waiting[@]}"}; do wait "$job"; done
for ((at = 1; at <= nodes; at++)); do wait_until 120 "node-$at" "$here/node.sh" ready $at; done
[ $# -eq 0 ] || "$here/node.sh" import all "$@"
wait_until 60 "the account of pods" ask /api/v1/namespaces/default/serviceaccounts/default
echo "$nodes nodes after $(since)" >&2
echo "$folder/admin.kubeconfig"
