#!/usr/bin/env bash
# The control plane of a cluster that up.sh made, part by part:
#   control.sh start|stop|kill|pause|resume|process [etcd] [apiserver] [controllers] [scheduler] [dns]
# Without parts: all of them. `stop` waits for their end in order, `kill` is SIGKILL, `process` says their ids.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/settings.sh"
addresses
verb=${1:-}
shift || true
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(etcd apiserver controllers scheduler dns)
bin=$("$here/binaries.sh")
# Tokens of ServiceAccounts that are bound to their pod and end, as every newer version has them.
gates=BoundServiceAccountTokenVolume=true

start_etcd() {
    local client=http://127.0.0.1:$etcd_port peer=http://127.0.0.1:$((etcd_port + 1))
    start etcd etcd --name "$name" --data-dir "$folder/etcd" --logger zap --log-level error --unsafe-no-fsync \
        --listen-client-urls "$client" --advertise-client-urls "$client" --listen-peer-urls "$peer" \
        --initial-advertise-peer-urls "$peer" --initial-cluster "$name=$peer" --quota-backend-bytes 2147483648
}

start_apiserver() {
    start apiserver "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$etcd_port" --bind-address="$host" \
        --secure-port=6443 --insecure-port=0 --advertise-address="$host" --service-cluster-ip-range="$services.0.0/16" \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --client-ca-file="$pki/ca.crt" \
        --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
        --kubelet-certificate-authority="$pki/ca.crt" --kubelet-client-certificate="$pki/to-kubelet.crt" \
        --kubelet-client-key="$pki/to-kubelet.key" --kubelet-preferred-address-types=InternalIP \
        --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$pki/sa.pub" \
        --service-account-signing-key-file="$pki/sa.key" --requestheader-client-ca-file="$pki/front-ca.crt" \
        --requestheader-allowed-names=front --requestheader-username-headers=X-Remote-User \
        --requestheader-group-headers=X-Remote-Group --requestheader-extra-headers-prefix=X-Remote-Extra- \
        --proxy-client-cert-file="$pki/front.crt" --proxy-client-key-file="$pki/front.key" \
        --enable-aggregator-routing=true --allow-privileged=true --profiling=false --feature-gates=$gates \
        --default-not-ready-toleration-seconds=30 --default-unreachable-toleration-seconds=30 \
        --audit-policy-file="$here/audit.yaml" --audit-log-path="$folder/log/audit" --audit-log-maxsize=200 \
        --audit-log-maxbackup=1 ${NETSNIFF_APISERVER_FLAGS:-}
    wait_until 120 "the API server" ask /readyz
}

start_controllers() {
    start controllers "$bin/kube-controller-manager" --kubeconfig="$folder/controllers.kubeconfig" --port=0 \
        --secure-port=0 --leader-elect=false --use-service-account-credentials=true \
        --service-account-private-key-file="$pki/sa.key" --root-ca-file="$pki/ca.crt" \
        --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key" --feature-gates=$gates \
        --node-monitor-period=1s --node-monitor-grace-period="${NETSNIFF_NODE_GRACE:-10s}" \
        --horizontal-pod-autoscaler-sync-period=2s
}

start_scheduler() {
    start scheduler "$bin/kube-scheduler" --kubeconfig="$folder/scheduler.kubeconfig" --port=0 --secure-port=0 \
        --leader-elect=false
}

start_dns() { start dns python3 "$here/dns.py" "$host" "$api" "$pki"; }

for part in "${parts[@]}"; do
    case $verb in
        start) "start_$part" ;;
        stop) stop "$part" TERM ;;
        kill) stop "$part" KILL ;;
        pause) kill -s STOP "$(process "$part")" ;;
        resume) kill -s CONT "$(process "$part")" ;;
        process) process "$part" ;;
        *) echo "control.sh: start, stop, kill, pause, resume or process" >&2; exit 2 ;;
    esac
done
