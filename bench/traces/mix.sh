#!/usr/bin/env bash
# Makes the traces that are measured, from what record.sh recorded:  bench/traces/mix.sh RECORDINGS FOLDER
#   mix    a data centre's day: HTTP, gRPC, WebSocket, TLS, DNS, databases, bulk, a scan and a flood
#   small  small packets: DNS with a port a question, Redis, floods
#   flows  a million conversations
#   brief  the first, at a fourteenth, for a quick look
set -euo pipefail
cd "$(dirname "$0")/../.."
from=$(cd "$1" && pwd)
to=$(mkdir -p "$2" && cd "$2" && pwd)
dotnet build bench/NetSniff.Bench.csproj -c Release -v quiet -clp:NoSummary
mix() { bench/bin/Release/net10.0/netsniff-bench mix "$@"; }
r() { echo "$from/$1.pcap:$2"; }

mix "$to/brief.pcap" 20 11 1 "$(r http-keep 1:34000:1)" "$(r http-close 1:24000:2)" "$(r h2c 1:14000:4)" \
    "$(r grpc 1:6000:2)" "$(r websocket 1:4000:4)" "$(r tls12 1:9000:3)" "$(r tls13 1:9000:1)" \
    "$(r dns 1:10000:4)" "$(r redis 1:12000:3)" "$(r mysql 1:10000:2)" "$(r bulk 1:6000:4)" \
    "$(r bulk-udp 1:1000:2)" "$(r icmp 1:400:1)" "$(r scan 1:1600:3)" "$(r syn-flood 1:1500:3)"
mix "$to/mix.pcap" 60 12 1 "$(r http-keep 4:120000:8)" "$(r http-close 1:160000:15)" "$(r h2c 8:0:30)" \
    "$(r grpc 3:0:8)" "$(r websocket 3:0:12)" "$(r tls12 2:0:12)" "$(r tls13 4:0:5)" "$(r dns 2:0:8)" \
    "$(r redis 1:100000:10)" "$(r mysql 1:80000:8)" "$(r bulk 6:0:20)" "$(r bulk-udp 1:10000:20)" \
    "$(r icmp 3:0:9)" "$(r scan 2:12000:10)" "$(r syn-flood 1:12000:10)"
mix "$to/small.pcap" 60 13 1 "$(r dns-fast 6:0:8)" "$(r redis-small 3:0:9)" "$(r syn-flood 2:0:6)" \
    "$(r scan 1:0:6)" "$(r udp-flood 2:0:10)"
mix "$to/flows.pcap" 120 14 1 "$(r http-close 6:0:25)" "$(r dns-fast 5:0:18)" "$(r scan 2:0:12)" \
    "$(r syn-flood 2:0:10)" "$(r tls13 4:0:8)"
