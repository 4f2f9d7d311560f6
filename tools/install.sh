#!/usr/bin/env bash
# Installs from Debian what a target needs and the machine lacks:
# tools/install.sh build|test|demo|bench|bench-traces|chaos|fuzz
set -euo pipefail
case ${1:-build} in
    build) wanted=() ;;
    # The servers are for the demo's live test, etcd for a real API server, shells for their completion: what is missing is skipped, and said.
    test) wanted=(gcc libc6-dev libpcap0.8 libzstd1 zstd iproute2 nginx-light nghttp2-client nghttp2-server dnsmasq-base curl openssl
        python3-websockets prometheus clickhouse-server etcd-server etcd-client zsh fish) ;;
    demo) wanted=(libpcap0.8 libzstd1 iproute2 procps nginx-light nghttp2-client nghttp2-server python3-grpcio
        python3-websockets dnsmasq-base bind9-dnsutils redis-server redis-tools nmap curl openssl python3) ;;
    bench) wanted=(libpcap0.8 libpcap-dev gcc libc6-dev iproute2 util-linux softflowd libndpi-bin tshark valgrind binutils) ;;
    bench-traces) wanted=(iproute2 iputils-ping ethtool procps tcpdump openssl nginx-light wrk nghttp2-client
        nghttp2-server python3-grpcio python3-websockets dnsmasq-base dnsperf redis-server redis-tools mariadb-server
        mariadb-client sysbench iperf3 nmap hping3) ;;
    chaos) wanted=(libpcap0.8 iproute2 procps python3 curl e2fsprogs mount faketime) ;;
    fuzz) wanted=(libzstd1 tshark) ;;
    *) echo "install.sh: build, test, demo, bench, bench-traces, chaos or fuzz" >&2; exit 2 ;;
esac
missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
# Suricata, a peer to be measured against, is in a stable Debian's backports only; without it the others remain.
wants_suricata=
[ "${1:-build}" != bench ] || command -v suricata >/dev/null || wants_suricata=yes
[ ${#missing[@]} -eq 0 ] && [ -z "$wants_suricata" ] && exit 0
if ! command -v apt-get >/dev/null; then
    [ ${#missing[@]} -eq 0 ] || echo "install.sh: not a Debian machine; please install: ${missing[*]}" >&2
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    [ ${#missing[@]} -eq 0 ] || echo "install.sh: not root, so these are left out: ${missing[*]} (sudo apt-get install ${missing[*]})" >&2
    exit 0
fi
echo "installing ${missing[*]}${wants_suricata:+ suricata}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Services of a package are started by hand, by whoever needs them, and never by its installation.
policy=/usr/sbin/policy-rc.d
[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; trap 'rm -f "$log" '$policy EXIT; }
# What a release does not have is done without; its tests say so.
install() {
    apt-get update -qq || return 1
    local had=()
    for package in "$@"; do
        [ "$package" != clickhouse-server ] || apt-cache show "$package" >/dev/null 2>&1 || continue
        had+=("$package")
    done
    [ ${#had[@]} -eq 0 ] || apt-get install -y -qq --no-install-recommends "${had[@]}"
}
if [ ${#missing[@]} -gt 0 ]; then
    install "${missing[@]}" >"$log" 2>&1 || { tail -20 "$log" >&2; exit 1; }
fi

# The machine's own mirror, its own release, for this one call: its list of sources stays as it is.
install_suricata() {
    local code lists mirror suite
    code=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    mirror=$(apt-get indextargets --format '$(REPO_URI)|$(CODENAME)' 'Created-By: Packages' |
        awk -F'|' -v code="$code" '$2 == code { print $1; exit }')
    [ -n "$mirror" ] || return 1
    lists=$(mktemp -d)
    for suite in "$code" "$code-updates" "$code-backports"; do echo "deb $mirror $suite main"; done >"$lists/sources.list"
    mkdir -p "$lists/state/partial"
    local once=(-o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$lists/state")
    local failed=0
    local wanted=(install -y -qq --no-install-recommends --no-remove suricata)
    # What it depends on may have to be of the backports too, though the release has an older one.
    apt-get "${once[@]}" update -qq &&
        { apt-get "${once[@]}" "${wanted[@]}" || apt-get "${once[@]}" -t "$code-backports" "${wanted[@]}"; } || failed=1
    rm -rf "$lists"
    return $failed
}
if [ -n "$wants_suricata" ] && ! install_suricata >"$log" 2>&1; then
    echo "install.sh: no suricata to be had here; the comparison goes without it" >&2
fi
