#!/usr/bin/env bash
# Records the captures that tests replay: real clients and servers talk over the loopback of a network namespace made
# for it. Needs root and the packages below.   tools/corpus.sh [name...]
# Debian: tcpdump iproute2 curl nginx-light nghttp2-server nghttp2-client python3-grpcio python3-websockets dnsmasq-base
#         bind9-dnsutils openssl chrony ngtcp2-client ngtcp2-server python3, and those named in the files beside this one
set -euo pipefail
cd "$(dirname "$0")/.."
corpus=$PWD/tests/core/Protocols
space=netsniff-corpus-$$
work=$(mktemp -d)
started=()

finish() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    ip netns del "$space" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

in_space() { ip netns exec "$space" "$@"; }
serve() { ip netns exec "$space" "$@" >"$work/serve.log" 2>&1 & started+=($!); }
wait_port() { for _ in $(seq 100); do in_space ss -Htuln | grep -q ":$1 " && return 0; sleep 0.2; done; return 1; }

# record FOLDER/NAME FILTER COMMAND...: what the command causes on the loopback.
record() {
    local file=$corpus/${1%/*}/corpus/${1#*/}.pcap filter=$2
    shift 2
    mkdir -p "$(dirname "$file")"
    : >"$work/tcpdump.log" # or the line of the recorder before is taken for this one's
    ip netns exec "$space" tcpdump -i lo -U --immediate-mode -Z root -w "$file" "$filter" 2>"$work/tcpdump.log" &
    local recorder=$!
    until grep -q listening "$work/tcpdump.log"; do sleep 0.1; done
    "$@" >"$work/run.log" 2>&1 || { echo "corpus.sh: $* failed:" >&2; tail -5 "$work/run.log" >&2; }
    sleep 1
    kill -INT $recorder && wait $recorder || true
    echo "$(stat -c '%s' "$file") bytes  ${file#"$PWD"/}"
}

make_http1() {
    mkdir -p "$work/www/logs"
    printf 'hello, reader\n' >"$work/www/index.html"
    seq 1 400 >"$work/www/numbers.txt"
    cat >"$work/nginx.conf" <<CONF
worker_processes 1; pid $work/nginx.pid; error_log $work/www/logs/error; daemon off; user root;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $work/www/logs; gzip on; gzip_min_length 100; gzip_types text/plain;
  server { listen 127.0.0.1:8080; root $work/www; default_type text/plain;
    location /moved { return 302 /index.html; }
    location /put { return 201 "kept\n"; } } }
CONF
    serve nginx -c "$work/nginx.conf"
    wait_port 8080
    local base=http://127.0.0.1:8080
    http1() {
        in_space curl -s -H 'Host: shop.example' $base/ $base/numbers.txt --compressed $base/missing
        in_space curl -s -L -H 'Host: shop.example' $base/moved
        in_space curl -s -d 'item=7&count=2' -H 'Host: shop.example' $base/put
        in_space curl -s -I -H 'Host: shop.example' $base/
        seq 1 300 | in_space curl -s -T - -H 'Host: shop.example' -H 'Expect: 100-continue' $base/put
        in_space curl -s -0 $base/index.html
    }
    record Http1/nginx 'tcp port 8080' http1
}

make_http2() {
    mkdir -p "$work/h2"
    seq 1 600 >"$work/h2/numbers.txt"
    printf 'hello\n' >"$work/h2/index.html"
    serve nghttpd --no-tls -d "$work/h2" -a 127.0.0.1 8081
    wait_port 8081
    http2() {
        in_space nghttp -n http://127.0.0.1:8081/index.html http://127.0.0.1:8081/numbers.txt \
            http://127.0.0.1:8081/missing
        in_space nghttp -n -d "$work/h2/index.html" http://127.0.0.1:8081/numbers.txt
        in_space curl -s --http2-prior-knowledge -d 'item=7' http://127.0.0.1:8081/index.html
    }
    record Http2/nghttpd 'tcp port 8081' http2
}

make_grpc() {
    cat >"$work/grpc_pair.py" <<'PY'
import sys, grpc
from concurrent import futures
raw = lambda value: value
def order(request, context):
    if request == b'none': context.abort(grpc.StatusCode.NOT_FOUND, 'no such order')
    return b'shipped ' + request
def watch(request, context):
    for step in (b'packed', b'sent', b'there'): yield step
if sys.argv[1] == 'serve':
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler('shop.Orders', {
        'Get': grpc.unary_unary_rpc_method_handler(order, raw, raw),
        'Watch': grpc.unary_stream_rpc_method_handler(watch, raw, raw)}),))
    server.add_insecure_port('127.0.0.1:50051'); server.start(); server.wait_for_termination()
with grpc.insecure_channel('127.0.0.1:50051') as channel:
    get = channel.unary_unary('/shop.Orders/Get', raw, raw)
    print(get(b'7'))
    try: get(b'none')
    except grpc.RpcError as error: print(error.code())
    print(list(channel.unary_stream('/shop.Orders/Watch', raw, raw)(b'7')))
PY
    serve /usr/bin/python3 "$work/grpc_pair.py" serve
    wait_port 50051
    record Grpc/python 'tcp port 50051' in_space /usr/bin/python3 "$work/grpc_pair.py" call
}

make_websocket() {
    cat >"$work/ws_pair.py" <<'PY'
import asyncio, sys, websockets
async def echo(socket, *_):
    async for text in socket: await socket.send(text)
async def serve():
    async with websockets.serve(echo, '127.0.0.1', 8082): await asyncio.Future()
async def call(compression):
    async with websockets.connect('ws://127.0.0.1:8082/chat?room=1', compression=compression) as socket:
        for text in ('hello', 'x' * 200, b'\x00\x01\x02', ['one ', 'two ', 'three']):
            await socket.send(text); await socket.recv()
        await (await socket.ping())
        await socket.close(1000, 'bye')
async def both():
    await call(None); await call('deflate')
asyncio.run(serve() if sys.argv[1] == 'serve' else both())
PY
    serve /usr/bin/python3 "$work/ws_pair.py" serve
    wait_port 8082
    record WebSocket/python 'tcp port 8082' in_space /usr/bin/python3 "$work/ws_pair.py" call
}

make_dns() {
    serve dnsmasq -k -C /dev/null --no-resolv --no-hosts --user=root --listen-address=127.0.0.1 --bind-interfaces \
        --pid-file="$work/dnsmasq.pid" --auth-ttl=60 --local=/example/ --host-record=shop.example,10.0.0.7,fd00::7 \
        --cname=www.shop.example,shop.example --mx-host=example,mail.example,10 --txt-record=shop.example,"a text" \
        --srv-host=_web._tcp.example,shop.example,8080 --ptr-record=7.0.0.10.in-addr.arpa,shop.example
    wait_port 53
    dns() {
        local way name
        for way in +notcp +tcp; do
            for name in 'shop.example A' 'shop.example AAAA' 'www.shop.example A' 'example MX' 'shop.example TXT' \
                '_web._tcp.example SRV' '-x 10.0.0.7' 'missing.example A'; do
                # shellcheck disable=SC2086
                in_space dig @127.0.0.1 $way $name
            done
        done
        in_space dig @127.0.0.1 +tcp +keepopen shop.example A shop.example AAAA example MX
        in_space dig @127.0.0.1 +dnssec +subnet=192.0.2.0/24 shop.example A
        in_space dig @127.0.0.2 +tries=2 +timeout=1 unanswered.example A || true # nobody is there, and that is the point
    }
    record Dns/dnsmasq 'port 53' dns
}

make_mdns() {
    cat >"$work/link_names.py" <<'PY'
import socket, struct
def name(text): return b''.join(bytes([len(part)]) + part.encode() for part in text.split('.')) + b'\0'
def question(text, kind, group, port, own, ident):
    body = struct.pack('>6H', ident, 0, 1, 0, 0, 0) + name(text) + struct.pack('>2H', kind, 1)
    own.sendto(body, (group, port))
def answer(text, kind, data, own, target, ident, flags, with_question):
    head = struct.pack('>6H', ident, flags, 1 if with_question else 0, 1, 0, 0)
    asked = name(text) + struct.pack('>2H', kind, 1) if with_question else b''
    own.sendto(head + asked + name(text) + struct.pack('>2HIH', kind, 1, 120, len(data)) + data, target)
def udp(port):
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('127.0.0.1'))
    own.bind(('127.0.0.1', port)); return own
with udp(5353) as own:
    question('printer.local', 1, '224.0.0.251', 5353, own, 0)
    answer('printer.local', 1, bytes([10, 0, 0, 9]), own, ('224.0.0.251', 5353), 0, 0x8400, False)
    question('_ipp._tcp.local', 12, '224.0.0.251', 5353, own, 0)
    answer('_ipp._tcp.local', 12, name('Printer._ipp._tcp.local'), own, ('224.0.0.251', 5353), 0, 0x8400, False)
with udp(40123) as asker, udp(5355) as teller:
    question('fileserver', 1, '224.0.0.252', 5355, asker, 0x2244)
    answer('fileserver', 1, bytes([10, 0, 0, 11]), teller, ('127.0.0.1', 40123), 0x2244, 0x8000, True)
    question('nobody', 28, '224.0.0.252', 5355, asker, 0x2245)
PY
    in_space ip link set lo multicast on
    in_space ip route add 224.0.0.0/4 dev lo
    record Dns/link-names 'udp port 5353 or udp port 5355' in_space python3 "$work/link_names.py"
}

make_tls() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/O=Shop/CN=shop.example' \
        -addext 'subjectAltName=DNS:shop.example,DNS:www.shop.example,IP:127.0.0.1' \
        -keyout "$work/key.pem" -out "$work/cert.pem" 2>"$work/req.log"
    serve openssl s_server -accept 127.0.0.1:8443 -cert "$work/cert.pem" -key "$work/key.pem" -www -alpn http/1.1,h2
    wait_port 8443
    tls() {
        local ways
        for ways in '-tls1_3' '-tls1_2' '-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256' '-tls1_3 -groups P-384'; do
            # shellcheck disable=SC2086
            printf 'GET / HTTP/1.0\r\n\r\n' | in_space timeout 5 openssl s_client -connect 127.0.0.1:8443 $ways \
                -servername shop.example -alpn h2,http/1.1 -quiet || true
        done
        printf 'Q\n' | in_space timeout 5 openssl s_client -connect 127.0.0.1:8443 -tls1_3 -groups P-521:P-256 || true
        in_space timeout 5 curl -s --cacert "$work/cert.pem" https://127.0.0.1:8443/ || true
        in_space timeout 5 openssl s_client -connect 127.0.0.1:8443 -tls1_2 -cipher ECDHE-RSA-AES128-SHA </dev/null || true
    }
    record Tls/openssl 'tcp port 8443' tls
}

make_ntp() {
    printf 'local stratum 3\nallow all\nbindaddress 127.0.0.1\nport 123\ncmdport 0\npidfile %s\n' "$work/a.pid" \
        >"$work/server.conf"
    printf 'server 127.0.0.1 iburst minpoll 0 maxpoll 0\nport 0\ncmdport 0\npidfile %s\n' "$work/b.pid" \
        >"$work/client.conf"
    serve chronyd -x -d -u root -f "$work/server.conf"
    wait_port 123
    ntp() { in_space timeout 12 chronyd -x -d -u root -f "$work/client.conf" || true; }
    record Ntp/chrony 'udp port 123' ntp
}

make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/O=Shop/CN=shop.example' \
        -addext 'subjectAltName=DNS:shop.example' -keyout "$work/$1.key" -out "$work/$1.crt" 2>"$work/req.log"
}

make_quic() {
    make_certificate quic
    mkdir -p "$work/quic"
    printf 'hello\n' >"$work/quic/index.html"
    serve gtlsserver -q -d "$work/quic" 127.0.0.1 4433 "$work/quic.key" "$work/quic.crt"
    serve gtlsserver -q -V -d "$work/quic" 127.0.0.1 4434 "$work/quic.key" "$work/quic.crt"
    wait_port 4433
    wait_port 4434
    fetch() {
        in_space timeout 10 gtlsclient -q --exit-on-all-streams-close --sni=shop.example --no-pmtud "${@:2}" 127.0.0.1 "$1" \
            https://shop.example/ || true
    }
    quic() {
        fetch 4433
        fetch 4433 -v v2draft
        fetch 4433 --other-versions=v2draft,v1
        fetch 4434
        fetch 4433 -v 0x1a2a3a4a --preferred-versions=v1
        fetch 4433 --session-file="$work/session" --tp-file="$work/parameters"
        fetch 4433 --session-file="$work/session" --tp-file="$work/parameters" # goes on with 0-RTT
    }
    record Quic/ngtcp2 'udp port 4433 or udp port 4434' quic
    serve gtlsserver -q --no-pmtud --groups=-GROUP-ALL:+GROUP-SECP384R1 -d "$work/quic" 127.0.0.1 4440 \
        "$work/quic.key" "$work/quic.crt"
    wait_port 4440
    groups() {
        fetch 4440 # offers the group without a key for it, and is asked for one
        fetch 4440 --groups=-GROUP-ALL:+GROUP-X25519 # does not offer it
    }
    record Quic/ngtcp2-groups 'udp port 4440' groups
}

make_dtls() {
    make_certificate dtls
    # It ends with its input, so that has no end.
    mkfifo "$work/silence"
    talk_dtls() {
        ip netns exec "$space" openssl s_server -dtls -accept "127.0.0.1:$1" -cert "$work/dtls.crt" -key "$work/dtls.key" \
            -alpn coap ${2:+"${@:2}"} <>"$work/silence" >"$work/serve.log" 2>&1 & started+=($!)
        wait_port "$1"
        printf 'hello\n' | in_space timeout 3 openssl s_client -dtls1_2 -connect "127.0.0.1:$1" -servername shop.example \
            -alpn coap || true
    }
    dtls() {
        talk_dtls 4435 -listen # asks for a cookie
        talk_dtls 4436 -mtu 256 # certificates in pieces
    }
    record Dtls/openssl 'udp portrange 4435-4436' dtls

    # s_server always asks for a cookie; this server on the same library does not.
    cat >"$work/no_cookie.py" <<'PY'
import ctypes, socket, sys
tls = ctypes.CDLL('libssl.so.3')
for name in ('DTLS_server_method', 'SSL_CTX_new', 'SSL_new', 'BIO_new_dgram'):
    getattr(tls, name).restype = ctypes.c_void_p
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); own.bind(('127.0.0.1', int(sys.argv[1])))
context = ctypes.c_void_p(tls.SSL_CTX_new(ctypes.c_void_p(tls.DTLS_server_method())))
assert tls.SSL_CTX_use_certificate_file(context, sys.argv[2].encode(), 1) == 1
assert tls.SSL_CTX_use_PrivateKey_file(context, sys.argv[3].encode(), 1) == 1
own.connect(own.recvfrom(1, socket.MSG_PEEK)[1])
session = ctypes.c_void_p(tls.SSL_new(context))
bio = ctypes.c_void_p(tls.BIO_new_dgram(own.fileno(), 0))
tls.SSL_set_bio(session, bio, bio)
assert tls.SSL_accept(session) == 1
heard = ctypes.create_string_buffer(64)
if tls.SSL_read(session, heard, 64) > 0: tls.SSL_write(session, b'heard', 5)
tls.SSL_read(session, heard, 64); tls.SSL_shutdown(session)
PY
    call_dtls() {
        (sleep 0.5; echo hello; sleep 0.5) | in_space timeout 5 openssl s_client -connect "127.0.0.1:$1" \
            -servername shop.example "${@:2}" || true
    }
    ways() {
        serve /usr/bin/python3 "$work/no_cookie.py" 4437 "$work/dtls.crt" "$work/dtls.key"
        wait_port 4437
        call_dtls 4437 -dtls1_2 -alpn coap,webrtc
        talk_dtls 4438 -cipher DEFAULT@SECLEVEL=0 # and a client that has nothing in common with it
        call_dtls 4438 -dtls1_2 -cipher ECDHE-RSA-AES128-SHA
        call_dtls 4438 -dtls1 -cipher DEFAULT@SECLEVEL=0
        talk_dtls 4439 -Verify 1 # which the first client has no certificate for
        call_dtls 4439 -dtls1_2 -cert "$work/dtls.crt" -key "$work/dtls.key"
    }
    record Dtls/openssl-ways 'udp portrange 4437-4439' ways
}

. tools/corpus-clients.sh
. tools/corpus-starttls.sh
ip netns add "$space"
in_space ip link set lo up mtu 1500
[ $# -gt 0 ] || set -- http1 http2 grpc websocket dns mdns tls ntp quic dtls tls_ways gnutls chromium webrtc dtls_lossy \
    quic_go http2_ways knot starttls
for name in "$@"; do "make_$name"; done
