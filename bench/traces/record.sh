#!/usr/bin/env bash
# Records real clients talking to real servers between two network namespaces, one protocol per file.
#   bench/traces/record.sh FOLDER          (root; packages: tools/install.sh bench)
# Addresses are of 198.18.0.0/15, the range for benchmarks (RFC 2544), and exist nowhere but in the two namespaces.
# Every load is bounded in count or seconds. What was started is ended by its process id, whatever happens.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d)
server=nsbench-server-$$ client=nsbench-client-$$ address=198.18.0.1
started=()

finish() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    sleep 0.5
    for pid in $(ip netns pids "$server" 2>/dev/null) $(ip netns pids "$client" 2>/dev/null); do
        kill -9 "$pid" 2>/dev/null || true
    done
    ip netns del "$server" 2>/dev/null || true
    ip netns del "$client" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

connect() {
    ip netns add "$server"
    ip netns add "$client"
    ip link add wire netns "$server" type veth peer name wire netns "$client"
    local last
    for last in $(seq 1 30); do
        ip -n "$server" addr add "198.18.0.$last/15" dev wire
        ip -n "$client" addr add "198.18.1.$last/15" dev wire
    done
    local space
    for space in "$server" "$client"; do
        ip -n "$space" link set lo up
        ip -n "$space" link set wire up
        # Packets as on a cable: no super-packets, checksums filled in.
        ip netns exec "$space" ethtool -K wire tso off gso off gro off tx off rx off sg off >/dev/null 2>&1
    done
    ip netns exec "$client" sysctl -qw net.ipv4.ip_local_port_range="10000 65000" net.ipv4.tcp_tw_reuse=1
}

serve() { # serve COMMAND…
    ip netns exec "$server" "$@" >"$work/serve.log" 2>&1 &
    started+=($!)
}

record() { # record NAME SECONDS-AT-MOST COMMAND…
    local name=$1 limit=$2 tap
    shift 2
    ip netns exec "$client" tcpdump -i wire -s 0 -Z root -B 65536 -w "$out/$name.pcap" 2>"$work/tap.log" &
    tap=$!
    until grep -q listening "$work/tap.log"; do sleep 0.05; done
    ip netns exec "$client" timeout -k 2 "$limit" "$@" >"$work/$name.log" 2>&1 || true
    sleep 0.7
    kill "$tap"
    wait "$tap" 2>/dev/null || true
    printf '%-12s %11d bytes  %s\n' "$name" "$(stat -c %s "$out/$name.pcap")" "$(grep -c . "$work/$name.log") lines"
}

prepare_content() {
    mkdir -p "$work/www"
    local size
    for size in 200 600 1200 2500 5000 11000 28000 90000; do
        head -c $((size * 3 / 4)) /dev/urandom | base64 -w 0 | head -c "$size" >"$work/www/p$size.json"
    done
    local number
    for number in $(seq 1 2500); do
        echo "198.18.$((20 + number / 250)).$((number % 250 + 1)) s$number.n$((number % 13)).svc.cluster.local"
    done >"$work/names"
    awk 'BEGIN { srand(5); for (i = 0; i < 20000; i++) { n = int(rand() * 2800) + 1
        print "s" n ".n" n % 13 ".svc.cluster.local", rand() < 0.75 ? "A" : "AAAA" } }' >"$work/questions"
    cat >"$work/keepalive.lua" <<'LUA'
local sizes = {200, 200, 600, 600, 600, 1200, 1200, 2500, 5000, 11000, 28000, 90000}
local count = 0
local order = '{"customer":"c-17","lines":[{"sku":"tea","count":2}],"note":"' .. string.rep("n", 260) .. '"}'
request = function()
  count = count + 1
  local fields = {["Host"] = "shop.svc", ["User-Agent"] = "till/2.1", ["Accept"] = "application/json",
    ["X-Request-Id"] = tostring(count), ["Cookie"] = "basket=" .. string.rep("b", 36)}
  if count % 7 == 0 then
    fields["Content-Type"] = "application/json"
    return wrk.format("POST", "/orders/" .. count % 90, fields, order)
  end
  if count % 41 == 0 then return wrk.format("GET", "/gone/" .. count, fields) end
  return wrk.format("GET", "/p" .. sizes[math.random(#sizes)] .. ".json?page=" .. count % 60, fields)
end
LUA
    cat >"$work/close.lua" <<'LUA'
local sizes = {200, 600, 1200, 2500}
local count = 0
request = function()
  count = count + 1
  return wrk.format("GET", "/p" .. sizes[count % 4 + 1] .. ".json?i=" .. count,
    {["Host"] = "shop.svc", ["Connection"] = "close", ["User-Agent"] = "probe/1"})
end
LUA
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout "$work/key.pem" -out "$work/cert.pem" \
        -subj /CN=shop.example >/dev/null 2>&1
    local secure="ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; root $work/www;"
    local orders="location /orders/ { return 201 '{\"accepted\":true}'; }"
    cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log; events { worker_connections 4096; }
http {
  access_log off; default_type application/json; keepalive_requests 1000;
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
  uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
  server { listen 80; root $work/www; $orders }
  server { listen 8443 ssl; ssl_protocols TLSv1.2; $secure $orders }
  server { listen 443 ssl http2; ssl_protocols TLSv1.3; $secure $orders }
}
CONF
}

start_servers() {
    serve nginx -c "$work/nginx.conf"
    serve nghttpd --no-tls -d "$work/www" -a $address 8081
    serve dnsmasq -k -C /dev/null --no-resolv --no-hosts --addn-hosts="$work/names" --local=/cluster.local/ \
        --user=root --pid-file="$work/dnsmasq.pid" --cache-size=10000
    serve redis-server --bind $address --protected-mode no --save '' --dir "$work"
    serve iperf3 -s -B $address
    serve /usr/bin/python3 "$here/peers.py" grpc-server $address
    serve /usr/bin/python3 "$here/peers.py" websocket-server $address
    mariadb-install-db --no-defaults --datadir="$work/db" --user=root --auth-root-authentication-method=normal \
        >"$work/db.log" 2>&1
    serve mariadbd --no-defaults --datadir="$work/db" --user=root --bind-address=$address --socket="$work/db.sock" \
        --pid-file="$work/db.pid" --skip-ssl
    local try
    for try in $(seq 1 100); do
        ip netns exec "$server" mariadb -S "$work/db.sock" -e 'select 1' >/dev/null 2>&1 && break
        sleep 0.1
    done
    ip netns exec "$server" mariadb -S "$work/db.sock" \
        -e "create database sbtest; create user till@'%'; grant all on *.* to till@'%'"
}

record_all() {
    local web=http://$address pages=() secure=() size
    for size in 200 600 1200 2500 5000 11000 28000; do pages+=("http://$address:8081/p$size.json"); done
    for size in 200 600 1200 2500 11000; do secure+=("https://$address/p$size.json"); done
    record http-keep 20 wrk -t1 -c24 -d3 -s "$work/keepalive.lua" $web/
    record http-close 20 wrk -t1 -c16 -d3 -s "$work/close.lua" $web/
    record h2c 30 h2load -n 9000 -c 16 -m 8 -H 'authorization: Bearer t-1' -H 'x-request-id: 7' "${pages[@]}"
    record grpc 40 /usr/bin/python3 "$here/peers.py" grpc-client $address 250 12
    record websocket 40 /usr/bin/python3 "$here/peers.py" websocket-client $address 300 12
    record tls12 20 wrk -t1 -c16 -d2 -s "$work/close.lua" https://$address:8443/
    record tls13 60 bash -c "for i in 1 2 3 4 5 6; do h2load -n 600 -c 60 -m 4 ${secure[*]}; done"
    record dns 20 dnsperf -s $address -d "$work/questions" -Q 8000 -c 40 -T 1 -l 4
    record dns-fast 20 dnsperf -s $address -d "$work/questions" -c 40 -T 1 -l 4
    record redis 60 redis-benchmark -h $address -n 12000 -c 40 -d 120 -r 5000 -t set,get,incr,lpush,lrange_100,hset
    record redis-small 60 redis-benchmark -h $address -n 160000 -c 50 -d 8 -t get,set
    local bench=(oltp_read_write --db-driver=mysql --mysql-host=$address --mysql-user=till --mysql-db=sbtest
        --mysql-ssl=off --tables=2 --table-size=2000)
    ip netns exec "$client" sysbench "${bench[@]}" prepare >"$work/prepare.log" 2>&1
    record mysql 30 sysbench "${bench[@]}" --threads=6 --time=4 run
    record bulk 30 iperf3 -c $address -n 50M -P 4
    record bulk-udp 30 iperf3 -c $address -u -b 200M -t 1 -l 1200
    record icmp 30 ping -q -i 0.002 -c 700 $address
    record scan 60 nmap -sS -n -Pn -T5 --min-rate 6000 -p1-4000 198.18.0.1-20
    record syn-flood 30 timeout 12 hping3 -S -p 80 -i u20 -c 100000 -q $address
    record udp-flood 30 timeout 12 hping3 --udp -p 9999 -i u20 -c 40000 -d 18 -q $address
}

prepare_content
connect
start_servers
record_all
