#!/usr/bin/env bash
# A Kubernetes control plane on loopback: etcd and an API server, ports and certificates of their own, no kubelets.
#   control-plane.sh FOLDER [--controllers]
# Runs until its input ends, then everything ends with it, however whoever started it came to its end. Tells on stdout:
#   ready FOLDER/kubeconfig HOST:PORT
# and takes on stdin, a line each:
#   kill     the API server, with SIGKILL            says: killed
#   start    it again, on the same port              says: ready …
#   compact  etcd's history up to now, so that older resource versions are gone    says: compacted
# Exit code 3: something it needs is not here; the last line of stderr says what.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
folder=$(mkdir -p "$1" && readlink -f "$1")
controllers=${2:-}
bin=$("$here/binaries.sh") || exit 3
for tool in etcd etcdctl openssl curl; do
    command -v "$tool" >/dev/null || { echo "no $tool here: apt-get install etcd-server etcd-client openssl curl" >&2; exit 3; }
done

pki=$folder/pki
. "$here/certificates.sh"
mkdir -p "$pki" "$folder/log"
declare -A pids=()

finish() {
    local name
    # The API server first: it would wait for etcd.
    for name in controllers apiserver etcd; do
        [ -n "${pids[$name]:-}" ] || continue
        kill -KILL "${pids[$name]}" 2>/dev/null || true
        wait "${pids[$name]}" 2>/dev/null || true
    done
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo $port; return; }
    done
}

kubeconfig() { # FILE CERTIFICATE
    cat >"$1" <<YAML
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: "https://$address", certificate-authority: pki/ca.crt}}]
users: [{name: $2, user: {client-certificate: pki/$2.crt, client-key: pki/$2.key}}]
contexts: [{name: test, context: {cluster: test, user: $2}}]
YAML
}

is_ready() {
    curl -sf -m 2 --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" "https://$address/readyz" >/dev/null
}

start_etcd() {
    etcd --name test --data-dir "$folder/etcd" --logger zap --log-level error \
        --listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
        --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
        --initial-cluster "test=http://127.0.0.1:$peer" --unsafe-no-fsync >>"$folder/log/etcd" 2>&1 </dev/null &
    pids[etcd]=$!
}

start_apiserver() {
    "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$etcd" --bind-address=127.0.0.1 --secure-port="$port" \
        --insecure-port=0 --advertise-address=127.0.0.1 --service-cluster-ip-range=10.96.0.0/16 \
        --authorization-mode=Node,RBAC --client-ca-file="$pki/ca.crt" \
        --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
        --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$pki/sa.pub" \
        --service-account-signing-key-file="$pki/sa.key" --disable-admission-plugins=ServiceAccount \
        --endpoint-reconciler-type=none --allow-privileged=true --etcd-compaction-interval=0 --profiling=false \
        >>"$folder/log/apiserver" 2>&1 </dev/null &
    pids[apiserver]=$!
    local left=1200
    until is_ready; do
        kill -0 "${pids[apiserver]}" 2>/dev/null || { tail -3 "$folder/log/apiserver" >&2; return 1; }
        [ $((left--)) -gt 0 ] || { echo "the API server does not get ready" >&2; return 1; }
        sleep 0.1
    done
    echo "ready $folder/kubeconfig $address"
}

start_controllers() {
    "$bin/kube-controller-manager" --kubeconfig="$folder/kubeconfig" --port=0 --secure-port=0 --leader-elect=false \
        --root-ca-file="$pki/ca.crt" --service-account-private-key-file="$pki/sa.key" \
        >>"$folder/log/controllers" 2>&1 </dev/null &
    pids[controllers]=$!
}

port=$(free_port) etcd=$(free_port) peer=$(free_port)
address=127.0.0.1:$port
authority ca
certificate apiserver /CN=kube-apiserver "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1"
certificate admin /O=system:masters/CN=admin ""
certificate nobody /CN=nobody ""
token_keys
kubeconfig "$folder/kubeconfig" admin
kubeconfig "$folder/nobody.kubeconfig" nobody
start_etcd
start_apiserver || exit 1
[ "$controllers" != --controllers ] || start_controllers

while read -r command; do
    case $command in
        kill)
            kill -KILL "${pids[apiserver]}"
            wait "${pids[apiserver]}" 2>/dev/null || true
            echo killed
            ;;
        start) start_apiserver || exit 1 ;;
        compact)
            at=$(ETCDCTL_API=3 etcdctl --endpoints "http://127.0.0.1:$etcd" endpoint status -w json |
                sed 's/.*"revision":\([0-9]*\).*/\1/')
            ETCDCTL_API=3 etcdctl --endpoints "http://127.0.0.1:$etcd" compact "$at" >/dev/null
            echo compacted
            ;;
        *) echo "unknown: $command" ;;
    esac
done
