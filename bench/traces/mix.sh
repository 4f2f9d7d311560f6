#!/usr/bin/env bash
# Makes the traces that are measured, from what record.sh recorded:  bench/traces/mix.sh RECORDINGS FOLDER [SCALE]
#   mix    a data centre's day: HTTP, gRPC, WebSocket, TLS, DNS, databases, bulk, a scan and a flood
#   small  small packets: DNS with a port a question, Redis, floods
#   flows  a million conversations
#   brief  the first, at a fourteenth, for a quick look and for slow peers
# Counts are packets, in thousands; SCALE multiplies them (1).
set -euo pipefail
cd "$(dirname "$0")/../.."
from=$(cd "$1" && pwd)
to=$(mkdir -p "$2" && cd "$2" && pwd)
scale=${3:-1}
dotnet build bench/NetSniff.Bench.csproj -c Release -v quiet -clp:NoSummary
mix() { # mix NAME SECONDS SEED SCALE RECORDING:THOUSANDS:PACKETS-OF-ONE-REPLAY:STRETCH…
    local name=$1 seconds=$2 seed=$3 by=$4 specs=() part recording count each stretch
    shift 4
    for part in "$@"; do
        IFS=: read -r recording count each stretch <<<"$part"
        specs+=("$from/$recording.pcap:${count}000:$each:$stretch")
    done
    bench/bin/Release/net10.0/netsniff-bench mix "$to/$name.partial" "$seconds" "$seed" 1 "$by" "${specs[@]}"
    mv "$to/$name.partial" "$to/$name.pcap"
}

centre=(http-keep:480:120000:8 http-close:200:160000:15 h2c:380:0:30 grpc:64:0:8 websocket:56:0:12 tls12:80:0:12
    tls13:52:0:5 dns:140:0:8 redis:100:0:10 mysql:80:0:8 bulk:290:0:20 bulk-udp:10:0:20 icmp:4:0:9 scan:24:12000:10
    syn-flood:12:0:10)
mix brief 20 11 "$(awk "BEGIN { print $scale / 14 }")" "${centre[@]}"
mix mix 60 12 "$scale" "${centre[@]}"
mix small 60 13 "$scale" dns-fast:2700:0:8 redis-small:1700:0:9 syn-flood:600:0:6 scan:160:0:6 udp-flood:80:0:10
mix flows 120 14 "$scale" http-close:2000:0:25 dns-fast:1300:0:18 scan:320:0:12 syn-flood:600:0:10 tls13:200:0:8 \
    tls12:100:0:8
