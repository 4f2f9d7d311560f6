#!/usr/bin/env bash
# Installs from Debian what a target needs and the machine lacks: tools/install.sh build|test|demo|bench|fuzz
set -euo pipefail
case ${1:-build} in
    build) wanted=() ;;
    # The servers are for the demo's live test, which is skipped without them.
    test) wanted=(libpcap0.8 libzstd1 zstd iproute2 nginx-light nghttp2-client nghttp2-server dnsmasq-base curl openssl
        python3-websockets) ;;
    demo) wanted=(libpcap0.8 libzstd1 iproute2 procps nginx-light nghttp2-client nghttp2-server python3-grpcio
        python3-websockets dnsmasq-base bind9-dnsutils redis-server redis-tools nmap curl openssl python3) ;;
    bench) wanted=(libpcap0.8 libpcap-dev gcc time iproute2 procps) ;;
    fuzz) wanted=(libzstd1 tshark) ;;
    *) echo "install.sh: build, test, demo, bench or fuzz" >&2; exit 2 ;;
esac
missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
    echo "install.sh: not a Debian machine; please install: ${missing[*]}" >&2
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "install.sh: not root, so these are left out: ${missing[*]} (sudo apt-get install ${missing[*]})" >&2
    exit 0
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Services of a package are started by hand, by whoever needs them, and never by its installation.
policy=/usr/sbin/policy-rc.d
[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; trap 'rm -f "$log" '$policy EXIT; }
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || {
    tail -20 "$log" >&2
    exit 1
}
