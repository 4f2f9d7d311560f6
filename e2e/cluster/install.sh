#!/usr/bin/env bash
# Installs from Debian what a cluster on this machine needs, and what images are made with:
#   install.sh cluster|images|build|all      build: what Kubernetes' binaries are made with, where there are none
# Nothing that it installs is started by it; no source list and no service of the machine is changed.
set -euo pipefail
cluster=(etcd-server etcd-client containerd runc containernetworking-plugins iptables conntrack ethtool iproute2 openssl
    curl gcc libc6-dev zstd util-linux procps python3 kmod)
images=(docker.io mmdebstrap)
build=(golang-1.19-go golang-github-modern-go-reflect2-dev rsync make dpkg-dev)
case ${1:-all} in
    cluster) wanted=("${cluster[@]}") ;;
    images) wanted=("${images[@]}") ;;
    build) wanted=("${build[@]}") ;;
    all) wanted=("${cluster[@]}" "${images[@]}") ;;
    *) echo "install.sh: cluster, images, build or all" >&2; exit 2 ;;
esac
missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "install.sh: needs root on a Debian machine, or these installed: ${missing[*]}" >&2
    exit 3
fi
echo "installing ${missing[*]}" >&2
log=$(mktemp)
policy=/usr/sbin/policy-rc.d made=
# Whoever needs a daemon starts one of his own; the packages' services stay down.
[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=$policy; }
trap 'rm -f "$log" $made' EXIT
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
    { tail -20 "$log" >&2; exit 1; }
