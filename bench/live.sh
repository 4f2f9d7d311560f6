#!/usr/bin/env bash
# Live capture at the generator's maximum:  bench/live.sh FOLDER   (root; run.sh live prepares FOLDER)
# Two namespaces, a veth pair; the generator on one core, `netsniff live` with all its work and EVE on another.
#   LIVE_SECONDS (10)  LIVE_RATE packets a second (0: the maximum)  LIVE_TRACE (mix)  LIVE_OUTPUT (eve)
# Every packet is accounted for: what the kernel delivered is what was captured and what was dropped.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 seconds=${LIVE_SECONDS:-10} rate=${LIVE_RATE:-0} trace=$1/traces/${LIVE_TRACE:-mix}.pcap
sender=nsbench-sender-$$ receiver=nsbench-receiver-$$
work=$(mktemp -d)
sniffer=

finish() {
    [ -z "$sniffer" ] || kill -TERM "$sniffer" 2>/dev/null || true
    ip netns del "$sender" 2>/dev/null || true
    ip netns del "$receiver" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

ip netns add "$sender"
ip netns add "$receiver"
ip link add wire netns "$sender" type veth peer name wire netns "$receiver"
for space in "$sender" "$receiver"; do
    # Silent but for the generator: no neighbour discovery.
    ip netns exec "$space" sysctl -qw net.ipv6.conf.wire.disable_ipv6=1
    ip -n "$space" link set wire arp off up
done
delivered() { ip netns exec "$receiver" cat /sys/class/net/wire/statistics/rx_packets; }

ip netns exec "$receiver" taskset -c 1 bin/netsniff live -i wire -o "${LIVE_OUTPUT:-eve}" -w /dev/null --color never >/dev/null 2>"$work/summary" &
waiter=$!
# The kernel tells when the packet socket is there.
for _ in $(seq 1 100); do
    ip netns exec "$receiver" grep -q . <(ip netns exec "$receiver" tail -n +2 /proc/net/packet) && break
    sleep 0.1
done
sleep 1
sniffer=$(ip netns pids "$receiver" | while read -r pid; do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != netsniff ] || echo "$pid"; done | head -1)
# Of its own processor time so far, in ticks of 10 ms: what starting cost is not a packet's.
spent() { awk '{ print $14 + $15 }' "/proc/$sniffer/stat"; }
before=$(delivered) spent_before=$(spent)
ip netns exec "$sender" taskset -c 0 "$folder/replay" wire "$trace" "$seconds" "$rate" >"$work/sent"
sleep 1
after=$(delivered) spent_after=$(spent)
kill -TERM "$sniffer"
wait "$waiter" || true
sniffer=
read -r _ sent _ octets _ took <"$work/sent"
mkdir -p artifacts
awk -v sent="$sent" -v octets="$octets" -v took="$took" -v delivered=$((after - before)) \
    -v commit="$(git rev-parse HEAD)" \
    -v cpu="$(awk "BEGIN { print ($spent_after - $spent_before) / $(getconf CLK_TCK) }")" '
    { gsub(",", "") }
    $1 == "capture" && $2 == "received" { captured = $3 }
    $NF == "lost" && $1 == "capture" || $NF == "lost" && $1 == "kernel" { dropped += $(NF - 1) }
    END {
        printf "{\n  \"commit\": \"%s\",\n", commit
        printf "  \"offered_pps\": %.0f,\n  \"offered_gbit_s\": %.3f,\n", sent / took, octets * 8 / took / 1e9
        printf "  \"sent\": %d,\n  \"delivered\": %d,\n  \"captured\": %d,\n  \"dropped\": %d,\n", sent, delivered,
            captured, dropped
        printf "  \"unaccounted\": %d,\n", delivered - captured - dropped
        printf "  \"receiver_cpu_s\": %.3f,\n  \"receiver_ns_per_packet\": %.0f\n}\n", cpu,
            captured ? cpu * 1e9 / captured : 0
    }' "$work/summary" | tee artifacts/bench-live.json
grep -A30 '^LEDGER' "$work/summary"
