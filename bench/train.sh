#!/usr/bin/env bash
# Writes profiles/*.mibc anew: what runs how often, for the compilers (ADR 65).
#   bench/train.sh TRACES       (make profile; TRACES has brief, small and flows as bench/run.sh makes them)
# `read`, a sensor and a worker go over slices of the traces with every method instrumented and none ever made better, so
# that each block and edge is counted to the end. Two minutes; the worker listens on loopback.
set -euo pipefail
traces=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
command -v curl >/dev/null || { echo "train.sh: curl is needed to see when the worker is ready" >&2; exit 1; }
work=$(mktemp -d)
worker=
finish() {
    [ -z "$worker" ] || kill "$worker" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
port=${TRAIN_PORT:-19466}
query=${TRAIN_QUERY_PORT:-19465}
health=${TRAIN_HEALTH_PORT:-19467}

# Whole packets, so that nothing is said of a file cut short; and a file without any.
slice() { python3 bench/traces/slice.py "$traces/$1.pcap" "$work/$1.pcap" "$2"; }
slice brief 200000000
slice small 60000000
slice flows 60000000
head -c 24 "$traces/brief.pcap" >"$work/none.pcap"
files=("$work/brief.pcap" "$work/small.pcap" "$work/flows.pcap")

# Jit instrumentation, types and methods by their tokens, modules: keywords of the runtime's own provider.
counted() {
    local recording=$work/$1.nettrace
    shift
    exec env DOTNET_EnableEventPipe=1 DOTNET_EventPipeOutputPath="$recording" DOTNET_EventPipeCircularMB=1024 \
        DOTNET_EventPipeConfig=Microsoft-Windows-DotNETRuntime:0x1E000080018:5 \
        DOTNET_TieredPGO=1 DOTNET_TieredPGO_InstrumentOnlyHotCode=0 DOTNET_ReadyToRun=0 \
        DOTNET_TC_CallCounting=0 DOTNET_TC_OnStackReplacement=0 DOTNET_TC_QuickJitForLoops=1 bin/app/netsniff "$@"
}
sensor=(--workers "w0=127.0.0.1:$port" --tls "$work/tls/sensor" --spool "$work/spool" --health off)

bin/app/netsniff certificates "$work/tls" w0 sensor >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
echo "read"
(counted read read "${files[@]}" -q -o batches -w /dev/null)
echo "a sensor"
# It ends with 1, since no worker took anything.
(counted sensor sensor "${files[@]}" "${sensor[@]}" --drain 1s --packets 100Mi) >"$work/said" 2>&1 ||
    grep -q 'the rest waits in the spool' "$work/said" || { cat "$work/said" >&2; exit 1; }
echo "a worker"
counted worker worker --name w0 --data "$work/worker" --keep 36500d --tls "$work/tls/w0" \
    --listen "127.0.0.1:$port" --query "127.0.0.1:$query" --health "127.0.0.1:$health" >"$work/said" 2>&1 &
worker=$!
tries=0
until curl -sf "http://127.0.0.1:$health/readyz" >/dev/null; do
    kill -0 "$worker" 2>/dev/null && [ $((tries += 1)) -le 120 ] || { cat "$work/said" >&2; exit 1; }
    sleep 0.5
done
bin/app/netsniff sensor "$work/none.pcap" "${sensor[@]}" --drain 5m >"$work/shipped" 2>&1 || { cat "$work/shipped" >&2; exit 1; }
kill "$worker"
wait "$worker" || { cat "$work/said" >&2; exit 1; }
worker=
mkdir -p profiles
make() { bench/bin/Release/net10.0/netsniff-bench profile "$2" "$work/$1.nettrace" "profiles/$1.mibc"; }
make read all
make sensor ours
make worker ours
