#!/usr/bin/env bash
# The first process of a node, in namespaces of its own:  node-init.sh HOME NAME ADDRESS BINARIES IMAGES
# Keeps containerd, kubelet and kube-proxy running. When it is killed, the kernel ends everything else on the node.
set -u
home=$1 name=$2 address=$3 bin=$4 images=$5
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount --make-rprivate /
# A fresh /sys shows this network's interfaces; the control groups are carried over.
mount --rbind /sys/fs/cgroup "$home/groups"
umount -l -R /sys
mount -t sysfs sysfs /sys
mount --rbind "$home/groups" /sys/fs/cgroup
umount -l -R "$home/groups"
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock
# What pods keep on their node (hostPath) is the node's, not the machine's.
mount --bind "$home/lib" /var/lib
mount --bind "$home/logs" /var/log
mount --make-rshared /
hostname "$name"

keep() { # NAME COMMAND...
    local what=$1
    shift
    (
        while :; do
            "$@" >>"$home/$what.log" 2>&1 &
            echo $! >"$home/$what.process"
            wait $!
            while [ -e "$home/held/$what" ]; do sleep 0.1; done
            sleep 0.3
        done
    ) &
}

keep containerd containerd -c "$home/containerd.toml" -l warn
until ctr -a "$home/containerd.sock" version >/dev/null 2>&1; do sleep 0.05; done
ctr -a "$home/containerd.sock" -n k8s.io images import "$images/pause.tar" >/dev/null
keep kubelet "$bin/kubelet" --config="$home/kubelet.yaml" --kubeconfig="$home/kubeconfig" --root-dir="$home/kubelet" \
    --cert-dir="$home/kubelet/pki" --hostname-override="$name" --node-ip="$address" --container-runtime=remote \
    --container-runtime-endpoint="unix://$home/containerd.sock" --volume-plugin-dir="$home/kubelet/plugins"
keep proxy "$bin/kube-proxy" --config="$home/proxy.yaml"
while :; do wait -n 2>/dev/null || sleep 1; done
