#!/usr/bin/env bash
# Prepares and runs a measurement:  bench/run.sh compare|scaling|live|pipeline|instructions|profile
#   BENCH_CACHE      folder for recordings, traces and built peers (/var/tmp/netsniff-bench): 4 GB
#   BENCH_SCALE      size of the traces (1); another scale has a folder of its own
#   BENCH_ROUNDS     runs of each program (3)        BENCH_PEERS=0   without the slow ones
#   BENCH_TRACES     brief mix small flows           BENCH_PROCESSOR the one they are pinned to (the last)
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scale=${BENCH_SCALE:-1}
cache=${BENCH_CACHE:-/var/tmp/netsniff-bench}
here=$cache/scale-$scale
mkdir -p "$here/traces"

prepare_traces() {
    local missing=0 name
    for name in brief mix small flows; do [ -s "$here/traces/$name.pcap" ] || missing=1; done
    [ $missing = 1 ] || return 0
    tools/install.sh bench-traces
    if [ ! -e "$cache/recordings/complete" ]; then
        echo "recording real clients and servers, two minutes"
        bench/traces/record.sh "$cache/recordings"
        touch "$cache/recordings/complete"
    fi
    bench/traces/mix.sh "$cache/recordings" "$here/traces" "$scale"
}

tools/install.sh bench
dotnet build bench/NetSniff.Bench.csproj -c Release -v quiet -clp:NoSummary
prepare_traces
gcc -O2 -Wall -Wextra -o "$here/libpcap-loop" bench/peers/libpcap.c -lpcap
case ${1:-compare} in
    compare | scaling) exec bench/bin/Release/net10.0/netsniff-bench "$1" "$root" "$here" ;;
    live)
        gcc -O2 -Wall -Wextra -o "$here/replay" bench/peers/replay.c
        exec bench/live.sh "$here"
        ;;
    profile) exec bench/train.sh "$here/traces" ;;
    instructions)
        for name in ${BENCH_TRACES:-mix small flows}; do
            echo "$name:"
            python3 bench/instructions.py "$here/traces/$name.pcap" --output "${BENCH_OUTPUT:-batches}"
        done
        ;;
    pipeline) exec python3 bench/pipeline.py "$here" ;;
    *) echo "run.sh: compare, scaling, live, pipeline, instructions or profile" >&2; exit 2 ;;
esac
