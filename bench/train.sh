#!/usr/bin/env bash
# Writes native/netsniff.mibc anew: what runs how often in `read`, for the native compiler (ADR 65).
#   bench/train.sh TRACES       (make profile; TRACES has brief, small and flows as bench/run.sh makes them)
# The whole program reads a slice of each trace with every method instrumented and none ever made better, so that each
# block and edge is counted to the end. Half a minute.
set -euo pipefail
traces=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
slice=$((60 << 20))
for name in small flows; do head -c $slice "$traces/$name.pcap" >"$work/$name.pcap"; done
# Jit instrumentation, types and methods by their tokens, modules: keywords of the runtime's own provider.
export DOTNET_EnableEventPipe=1 DOTNET_EventPipeOutputPath=$work/run.nettrace DOTNET_EventPipeCircularMB=1024
export DOTNET_EventPipeConfig=Microsoft-Windows-DotNETRuntime:0x1E000080018:5
export DOTNET_TieredPGO=1 DOTNET_TieredPGO_InstrumentOnlyHotCode=0 DOTNET_ReadyToRun=0
export DOTNET_TC_CallCounting=0 DOTNET_TC_OnStackReplacement=0 DOTNET_TC_QuickJitForLoops=1
# A slice ends within a packet: that is said, and is no failure.
bin/app/netsniff read "$traces/brief.pcap" "$work/small.pcap" "$work/flows.pcap" -q -o batches -w /dev/null \
    2>"$work/said" || grep -q 'cut short' "$work/said" || { cat "$work/said" >&2; exit 1; }
unset "${!DOTNET_@}"
bench/bin/Release/net10.0/netsniff-bench profile "$work/run.nettrace" native/netsniff.mibc
