#!/usr/bin/env bash
# One node of a cluster that up.sh made:
#   node.sh start N            idempotent; a node that was cut off from its power comes back as it was
#   node.sh power-off N        kills its first process, and with it everything on the node, at once
#   node.sh cut N | heal N     its network
#   node.sh kill N PART        kubelet, containerd or proxy, with SIGKILL; it is started again by the node
#   node.sh hold N PART        the same, and it stays away until: node.sh release N PART
#   node.sh run N COMMAND...   within its namespaces
#   node.sh import N|all IMAGE.tar...
#   node.sh ready N            by its exit code
#   node.sh files N            the folder that holds the node's /var/lib
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/settings.sh"
addresses
verb=${1:-} at=${2:-}
shift 2 || { sed -n '2,11p' "$0" >&2; exit 2; }
node=node-$at
home=$folder/$node
space=nsk-$name-$at

controllers() { # of control groups, as mounted
    awk '$3 == "cgroup" { print $2 }' /proc/mounts
}

network() {
    local other
    [ -e "/run/netns/$space" ] || ip netns add "$space"
    if ! ip -n "$space" link show eth0 >/dev/null 2>&1; then
        ip link add "$space" type veth peer name eth0 netns "$space"
        ip link set "$space" master "$bridge" up
        ip -n "$space" addr add "$machines.$((10 + at))/24" dev eth0
        ip -n "$space" link set eth0 up
        ip -n "$space" link set lo up
        ip -n "$space" route add default via "$host"
    fi
    # Packets between pods of different nodes go straight from node to node; the host reaches pods too.
    ip route replace "$pods.$at.0/24" via "$machines.$((10 + at))"
    for ((other = 1; other <= nodes_max; other++)); do
        [ $other -eq "$at" ] || echo "route replace $pods.$other.0/24 via $machines.$((10 + other))"
    done | ip -n "$space" -batch -
    ip netns exec "$space" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0
}

# A root of control groups of its own: kubelets that share one remove each other's pods.
control_groups() {
    local mount group
    for mount in $(controllers); do
        for group in "nsk-$name" "nsk-$name/$node"; do
            mkdir -p "$mount/$group"
            [ ! -e "$mount/cpuset.cpus" ] || for file in cpuset.cpus cpuset.mems; do
                cat "$mount/$file" >"$mount/$group/$file"
            done
        done
    done
}

settings_files() {
    cat >"$home/containerd.toml" <<TOML
version = 2
root = "$home/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$home/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "netsniff.test/pause:1"
  netns_mounts_under_state_dir = true
  # A machine may lack CAP_SYS_RESOURCE: then nobody can lower the score, and every pod fails that asks for it.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$home/cni"
TOML
    cat >"$home/cni/pods.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$home/addresses", "ranges": [[{"subnet": "$pods.$at.0/24"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
    cat >"$home/kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: node
clusters: [{name: node, cluster: {server: "$api", certificate-authority: $pki/ca.crt}}]
users: [{name: node, user: {client-certificate: $pki/$node.crt, client-key: $pki/$node.key}}]
contexts: [{name: node, context: {cluster: node, user: node}}]
YAML
    cat >"$home/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $pki/$node.crt
tlsPrivateKeyFile: $pki/$node.key
cgroupDriver: cgroupfs
cgroupRoot: /nsk-$name/$node
oomScoreAdj: 0
clusterDomain: cluster.local
clusterDNS: [$host]
resolvConf: $home/resolv.conf
failSwapOn: false
nodeStatusUpdateFrequency: 2s
nodeLeaseDurationSeconds: 8
syncFrequency: 5s
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 64Mi, nodefs.available: 1%, imagefs.available: 1%}
serializeImagePulls: false
featureGates: {BoundServiceAccountTokenVolume: true}
YAML
    echo "nameserver $host" >"$home/resolv.conf"
    cat >"$home/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $folder/proxy.kubeconfig}
mode: iptables
clusterCIDR: $pods.0.0/16
hostnameOverride: $node
oomScoreAdj: 0
conntrack: {maxPerCore: 0, min: 0}
iptables: {minSyncPeriod: 200ms, syncPeriod: 30s}
YAML
}

start_node() {
    process "$node" >/dev/null && return
    mkdir -p "$home"/{containerd,kubelet,cni,logs,lib,held,groups}
    network
    control_groups
    if [ ! -s "$pki/$node.crt" ]; then
        . "$here/certificates.sh"
        pki_days=365
        certificate "$node" "/O=system:nodes/CN=system:node:$node" "DNS:$node,IP:$machines.$((10 + at))"
    fi
    settings_files
    rm -f "$home"/*.sock "$home"/*.process
    local bin parent left=200
    bin=$("$here/binaries.sh")
    # nsenter and not `ip netns exec`: the latter hides the control groups.
    setsid nsenter --net="/run/netns/$space" unshare --mount --uts --ipc --pid --fork --mount-proc \
        "$here/node-init.sh" "$home" "$node" "$machines.$((10 + at))" "$bin" "$folder/images" \
        >>"$folder/log/$node" 2>&1 </dev/null &
    parent=$!
    until note_first "$parent"; do
        [ $((left--)) -gt 0 ] || { echo "$node does not begin; see $folder/log/$node" >&2; exit 1; }
        sleep 0.05
    done
    wait_until 60 "containerd of $node" test -s "$home/kubelet.process"
}

# The node's first process is the child of the one that made its namespaces.
note_first() {
    local first
    first=$(cat "/proc/$1/task/$1/children" 2>/dev/null || pgrep -P "$1") && [ -n "${first// /}" ] &&
        note_process "$node" "${first// /}"
}

within() {
    local first
    first=$(process "$node") || { echo "$node is off" >&2; exit 1; }
    nsenter -t "$first" --mount --uts --ipc --net --pid "$@"
}

import_into() { # HOME IMAGE...
    local home=$1 one
    shift
    for one in "$@"; do ctr -a "$home/containerd.sock" -n k8s.io images import "$one" >/dev/null; done
}

case $verb in
    start) start_node ;;
    power-off) stop "$node" KILL ;;
    cut) ip link set "$space" down ;;
    heal) ip link set "$space" up ;;
    kill) within kill -s KILL "$(cat "$home/$1.process")" ;;
    hold) touch "$home/held/$1"; within kill -s KILL "$(cat "$home/$1.process")" ;;
    release) rm -f "$home/held/$1" ;;
    run) within "$@" ;;
    files) echo "$home/lib" ;;
    ready) ask "/api/v1/nodes/$node" | tr -d ' \n' | grep -q '"type":"Ready","status":"True"' ;;
    import)
        homes=("$home")
        [ "$at" != all ] || homes=("$folder"/node-*)
        waiting=()
        for one in "${homes[@]}"; do
            import_into "$one" "$@" &
            waiting+=($!)
        done
        for job in "${waiting[@]}"; do wait "$job"; done
        ;;
    *) sed -n '2,11p' "$0" >&2; exit 2 ;;
esac
