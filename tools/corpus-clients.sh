# Sourced by corpus.sh: captures of browsers, and of the ways that libraries take.
# Debian: chromium caddy golang-go golang-github-lucas-clemente-quic-go-dev gnutls-bin nodejs nghttp2-proxy
#         knot knot-dnsutils
# shellcheck shell=bash disable=SC2154

# stay COMMAND...: a server that ends with its input, which has no end here.
stay() {
    [ -p "$work/stay" ] || mkfifo "$work/stay"
    ip netns exec "$space" "$@" <>"$work/stay" >"$work/serve.log" 2>&1 & started+=($!)
}

# call_tls PORT ARGUMENTS...: one line said and an answer waited for, tickets of TLS 1.3 among it.
call_tls() {
    (sleep 0.2; echo hello; sleep 0.3) | in_space timeout 5 openssl s_client -connect "127.0.0.1:$1" \
        -servername shop.example "${@:2}" || true
}

make_tls_ways() {
    make_certificate ways
    local own=(-cert "$work/ways.crt" -key "$work/ways.key") old=(-cipher 'ALL:@SECLEVEL=0')
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/O=Shop/CN=shop.example' \
        -addext "subjectAltName=DNS:shop.example$(printf ',DNS:host-%s.shop.example' {1..20})" \
        -keyout "$work/long.key" -out "$work/long.crt" 2>"$work/req.log"
    stay openssl s_server -accept 127.0.0.1:8450 "${own[@]}" "${old[@]}" -early_data -max_early_data 16384
    stay openssl s_server -accept 127.0.0.1:8451 "${own[@]}" -Verify 1
    stay openssl s_server -accept 127.0.0.1:8452 -psk_identity me -psk 01020304 -nocert
    stay openssl s_server -accept 127.0.0.1:8453 -cert "$work/long.crt" -key "$work/long.key" -max_send_frag 512
    for port in 8450 8451 8452 8453; do wait_port $port; done
    tls_ways() {
        call_tls 8450 -tls1 "${old[@]}"
        call_tls 8450 -tls1_1 "${old[@]}"
        call_tls 8450 -tls1_2 -sess_out "$work/tls12"
        call_tls 8450 -tls1_2 -sess_in "$work/tls12"
        call_tls 8450 -tls1_3 -sess_out "$work/tls13"
        echo 'a word before the answer' >"$work/early"
        call_tls 8450 -tls1_3 -sess_in "$work/tls13" -early_data "$work/early"
        call_tls 8451 -tls1_2 "${own[@]}"
        call_tls 8451 -tls1_2 # has no certificate, and is refused for it
        call_tls 8452 -tls1_2 -psk_identity me -psk 01020304
        call_tls 8452 -tls1_3 -psk_identity me -psk 01020304
        call_tls 8453 -tls1_2 # the certificate runs over several records
        call_tls 8453 -tls1_3 -maxfraglen 512
    }
    record Tls/openssl-ways 'tcp portrange 8450-8453' tls_ways
}

make_gnutls() {
    make_certificate gnutls
    serve gnutls-serv -q -p 8454 --x509certfile "$work/gnutls.crt" --x509keyfile "$work/gnutls.key" --echo
    wait_port 8454
    gnutls() {
        local ways
        for ways in 'NORMAL' 'NORMAL:-VERS-ALL:+VERS-TLS1.2' 'NORMAL:-VERS-ALL:+VERS-TLS1.0' 'SUITEB128' \
            'NORMAL:-GROUP-ALL:+GROUP-FFDHE2048:+GROUP-SECP521R1' 'NORMAL:%NO_EXTENSIONS:-VERS-TLS1.3'; do
            in_space timeout 5 gnutls-cli --insecure -p 8454 --sni-hostname=shop.example --alpn=h2 --alpn=http/1.1 \
                --priority "$ways" 127.0.0.1 </dev/null || true
        done
        (sleep 0.5) | in_space timeout 5 gnutls-cli --insecure -r -p 8454 --sni-hostname=shop.example 127.0.0.1 || true
    }
    record Tls/gnutls 'tcp port 8454' gnutls
}

# browse ARGUMENTS... URL: Chromium without a window, that knows the certificate `browser` and nobody outside.
browse() {
    local pin
    pin=$(openssl x509 -in "$work/browser.crt" -pubkey -noout | openssl pkey -pubin -outform der \
        | openssl dgst -sha256 -binary | base64)
    in_space timeout 30 chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-sync --dump-dom \
        --disable-background-networking --disable-component-update --disable-dev-shm-usage --timeout=8000 \
        --user-data-dir="$(mktemp -d -p "$work")" --ignore-certificate-errors-spki-list="$pin" \
        --host-resolver-rules='MAP shop.example 127.0.0.1,EXCLUDE 127.0.0.1' "$@"
}

make_chromium() {
    make_certificate browser
    mkdir -p "$work/page"
    echo hello >"$work/page/index.html"
    cat >"$work/Caddyfile" <<CONF
{
    admin off
    auto_https disable_redirects
    storage file_system $work/caddy
}
https://shop.example:4443 {
    tls $work/browser.crt $work/browser.key
    root * $work/page
    file_server
}
CONF
    serve env XDG_DATA_HOME="$work" XDG_CONFIG_HOME="$work" caddy run --config "$work/Caddyfile" --adapter caddyfile
    serve gtlsserver -q -V -d "$work/page" 127.0.0.1 4444 "$work/browser.key" "$work/browser.crt"
    serve gtlsserver -q --groups=-GROUP-ALL:+GROUP-SECP384R1 -d "$work/page" 127.0.0.1 4445 \
        "$work/browser.key" "$work/browser.crt"
    for port in 4443 4444 4445; do wait_port $port; done
    record Tls/chromium 'tcp port 4443' browse --disable-quic https://shop.example:4443/
    quic_pages() {
        local port
        for port in 4443 4444 4445; do # a plain one, one that asks for a retry, one for a second hello
            browse --enable-quic --origin-to-force-quic-on=shop.example:$port https://shop.example:$port/
        done
        browse --enable-quic --origin-to-force-quic-on=shop.example:4444 --quic-version=RFCv2 \
            https://shop.example:4444/ # which that server does not speak
    }
    record Quic/chromium 'udp portrange 4443-4445' quic_pages
}

make_webrtc() {
    make_certificate browser
    # Not the loopback: browsers leave it out of what they offer each other.
    in_space ip link add web0 type veth peer name web1
    in_space ip link set web0 up
    in_space ip link set web1 up
    in_space ip address add 10.9.0.1/24 dev web0
    in_space ip route add default via 10.9.0.2
    cat >"$work/slow.py" <<'PY'
import http.server, time
class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self): time.sleep(3); self.send_response(204); self.end_headers()
http.server.ThreadingHTTPServer(('127.0.0.1', 8000), Slow).serve_forever()
PY
    cat >"$work/call.html" <<'HTML'
<body><img src="http://127.0.0.1:8000/"><script>
async function call() {
    const one = new RTCPeerConnection(), two = new RTCPeerConnection();
    one.onicecandidate = found => found.candidate && two.addIceCandidate(found.candidate);
    two.onicecandidate = found => found.candidate && one.addIceCandidate(found.candidate);
    const channel = one.createDataChannel('chat');
    two.ondatachannel = opened => opened.channel.onmessage = said => opened.channel.send(said.data);
    channel.onopen = () => channel.send('hello');
    await one.setLocalDescription(await one.createOffer()); await two.setRemoteDescription(one.localDescription);
    await two.setLocalDescription(await two.createAnswer()); await one.setRemoteDescription(two.localDescription);
}
call();
</script>
HTML
    serve /usr/bin/python3 "$work/slow.py"
    wait_port 8000
    record Dtls/chromium 'udp and net 10.9.0.0/24' \
        browse --disable-features=WebRtcHideLocalIpsWithMdns "file://$work/call.html"
}

make_dtls_lossy() {
    make_certificate lossy
    cat >"$work/relay.py" <<'PY'
# LISTEN TARGET PLAN: passes datagrams on, but s1 (the server's second) is lost, comes late (xs1) or twice (ds1).
import select, socket, sys
near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); near.bind(('127.0.0.1', int(sys.argv[1])))
far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); far.connect(('127.0.0.1', int(sys.argv[2])))
plan, count, late, client = sys.argv[3], {'c': 0, 's': 0}, {}, None
while True:
    for own in select.select([near, far], [], [])[0]:
        if own is near:
            side, (said, client) = 'c', near.recvfrom(65535)
        else:
            side, said = 's', far.recv(65535)
        send = far.send if side == 'c' else lambda bytes: near.sendto(bytes, client)
        name = side + str(count[side]); count[side] += 1
        if plan == name: continue
        if plan == 'x' + name: late[side] = said; continue
        send(said)
        if plan == 'd' + name: send(said)
        if side in late: send(late.pop(side))
PY
    local plan port=4450
    lossy() {
        for plan in c0 c1 s0 s1 xs1 ds1; do
            stay openssl s_server -dtls -accept "127.0.0.1:$((port + 10))" -mtu 256 -cert "$work/lossy.crt" \
                -key "$work/lossy.key"
            wait_port $((port + 10))
            serve /usr/bin/python3 "$work/relay.py" $port $((port + 10)) $plan
            wait_port $port
            (sleep 1.5; echo hello; sleep 0.3) | in_space timeout 9 openssl s_client -dtls1_2 -mtu 256 \
                -connect 127.0.0.1:$port -servername shop.example -sess_out "$work/dtls12" || true
            port=$((port + 1))
        done
        # And the last session goes on.
        (sleep 0.5; echo hello; sleep 0.3) | in_space timeout 9 openssl s_client -dtls1_2 \
            -connect 127.0.0.1:$((port + 9)) -servername shop.example -sess_in "$work/dtls12" || true
    }
    record Dtls/openssl-lossy 'udp portrange 4450-4469' lossy
}

make_quic_go() {
    make_certificate go
    cat >"$work/pair.go" <<'GO'
package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/lucas-clemente/quic-go"
	"github.com/lucas-clemente/quic-go/http3"
)

var versions = map[string][]quic.VersionNumber{
	"1": {quic.Version1}, "2": {quic.Version2}, "29": {quic.VersionDraft29},
	"all": {quic.Version1, quic.Version2, quic.VersionDraft29},
}

func main() {
	config := &quic.Config{Versions: versions[os.Args[3]], DisablePathMTUDiscovery: true}
	if os.Args[1] == "serve" { // serve ADDRESS VERSIONS RETRY CERTIFICATE KEY
		config.RequireAddressValidation = func(net.Addr) bool { return os.Args[4] == "retry" }
		hello := http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(answer, "hello") })
		server := http3.Server{Addr: os.Args[2], QuicConfig: config, Handler: hello}
		panic(server.ListenAndServeTLS(os.Args[5], os.Args[6]))
	}

	sessions := tls.NewLRUClientSessionCache(4)
	methods := []string{http.MethodGet, http3.MethodGet0RTT} // call URL VERSIONS TIMES
	for index := range methods[:len(os.Args[4])] {
		secrets := &tls.Config{InsecureSkipVerify: true, ServerName: "shop.example", ClientSessionCache: sessions}
		client := &http3.RoundTripper{TLSClientConfig: secrets, QuicConfig: config}
		request, _ := http.NewRequest(methods[index], os.Args[2], nil)
		if answer, err := client.RoundTrip(request); err == nil {
			fmt.Println(answer.Status)
			answer.Body.Close()
		} else {
			fmt.Println(err)
		}
		time.Sleep(100 * time.Millisecond)
		client.Close()
	}
}
GO
    (cd "$work" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$work/go" go build -o pair pair.go)
    serve "$work/pair" serve 127.0.0.1:4446 all - "$work/go.crt" "$work/go.key"
    serve "$work/pair" serve 127.0.0.1:4447 1 retry "$work/go.crt" "$work/go.key"
    wait_port 4446
    wait_port 4447
    go_pages() {
        in_space timeout 9 "$work/pair" call https://127.0.0.1:4446/ 1 xx # the second goes on with 0-RTT
        in_space timeout 9 "$work/pair" call https://127.0.0.1:4446/ 2 x
        in_space timeout 9 "$work/pair" call https://127.0.0.1:4446/ 29 x
        in_space timeout 9 "$work/pair" call https://127.0.0.1:4447/ 1 x
        in_space timeout 9 "$work/pair" call https://127.0.0.1:4447/ 2 x # which that server does not speak
    }
    record Quic/quic-go 'udp portrange 4446-4447' go_pages
}

make_http2_ways() {
    mkdir -p "$work/ways"
    seq 1 200 >"$work/ways/numbers.txt"
    printf 'hello\n' >"$work/ways/index.html"
    cat >"$work/h2_pair.js" <<'JS'
const http2 = require('http2');
const answers = {
    '/push': s => {
        s.pushStream({ ':path': '/pushed' }, (_, other) => { other.respond({ ':status': 200 }); other.end('pushed'); });
        s.respond({ ':status': 200 }); s.end('main');
    },
    '/early': s => {
        s.additionalHeaders({ ':status': 103, link: '</a.css>' });
        s.respond({ ':status': 200 }); s.end('x');
    },
    '/reset': s => s.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
    '/trailers': s => {
        s.respond({ ':status': 200 }, { waitForTrailers: true });
        s.on('wantTrailers', () => s.sendTrailers({ 'x-sum': '1' })); s.end('body');
    },
    '/long': s => {
        const lines = [1, 2, 3, 4, 5].map(number => ['x-long-' + number, 'y'.repeat(4200)]);
        s.respond({ ':status': 200, ...Object.fromEntries(lines) }); s.end();
    },
};
if (process.argv[2] === 'serve') {
    const server = http2.createServer();
    server.on('stream', (s, asked) => {
        s.on('error', () => {});
        if (answers[asked[':path']]) return answers[asked[':path']](s);
        let count = 0; s.on('data', bytes => count += bytes.length);
        s.on('end', () => {
            s.respond({ ':status': asked[':path'] === '/missing' ? 404 : 200 });
            s.end('got ' + count);
        });
    });
    server.listen(8083, '127.0.0.1');
} else {
    const client = http2.connect('http://127.0.0.1:8083');
    let left = 0;
    const ask = (path, method = 'GET', body = undefined) => {
        const s = client.request({ ':path': path, ':method': method }); left++;
        s.on('error', () => {}); s.on('data', () => {}); s.on('close', () => { if (--left === 0) client.close(); });
        s.end(body);
    };
    for (const path of ['/one', ...Object.keys(answers)]) ask(path);
    ask('/missing', 'HEAD'); ask('/post', 'POST', 'z'.repeat(3000));
}
JS
    serve nghttpd --no-tls -d "$work/ways" -a 127.0.0.1 8084
    serve nghttpx -f '127.0.0.1,8085;no-tls' -b '127.0.0.1,8084;;proto=h2' --accesslog-file=/dev/null \
        --errorlog-file="$work/nghttpx.log"
    serve node "$work/h2_pair.js" serve
    for port in 8083 8084 8085; do wait_port $port; done
    http2_ways() {
        in_space node "$work/h2_pair.js" call
        in_space curl -s --http2 http://127.0.0.1:8085/index.html http://127.0.0.1:8085/numbers.txt # begins as HTTP/1.1
        in_space curl -s --http2 -d 'item=7' http://127.0.0.1:8085/index.html
        in_space nghttp -nu http://127.0.0.1:8085/index.html http://127.0.0.1:8085/numbers.txt
    }
    record Http2/ways 'tcp port 8083 or tcp port 8085' http2_ways
}

make_knot() {
    mkdir -p "$work/knot/db"
    cat >"$work/knot/shop.zone" <<'ZONE'
$ORIGIN shop.example.
$TTL 60
@ SOA ns admin 1 3600 600 86400 60
@ NS ns
@ MX 10 mail
@ CAA 0 issue "ca.example"
@ HTTPS 1 . alpn=h3,h2 port=8443 ipv4hint=10.0.0.7
@ TXT "v=spf1 -all" "second \"quoted\" string" "bytes \001\255"
ns A 10.0.0.1
mail AAAA fd00::2
www CNAME web
web A 10.0.0.7
sp\032ace\.dot A 10.0.0.9
*.wild A 10.0.0.12
old DNAME new
_s._tcp SRV 1 2 8080 web
n NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@shop.example!" .
t TLSA 3 1 1 aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899
k SSHFP 4 2 aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899
u URI 10 1 "https://shop.example/"
ZONE
    for count in $(seq 20); do
        printf 'big TXT "%s %0100d"\n' "$count" 0 >>"$work/knot/shop.zone"
    done
    cat >"$work/knot.conf" <<CONF
server:
  rundir: $work/knot
  user: root
  listen: 127.0.0.1@5300
  identity: one
  nsid: one
database:
  storage: $work/knot/db
acl:
  - id: near
    address: 127.0.0.0/8
    action: transfer
zone:
  - domain: shop.example
    file: $work/knot/shop.zone
    acl: near
CONF
    serve knotd -c "$work/knot.conf"
    wait_port 5300
    sleep 1
    ask() { in_space kdig @127.0.0.1 -p 5300 "$@" || true; }
    knot() {
        local name
        for name in 'shop.example SOA' 'shop.example MX' 'shop.example CAA' 'shop.example HTTPS' 'shop.example TXT' \
            'www.shop.example A' 'sp\032ace\.dot.shop.example A' 'a.b.wild.shop.example A' 'x.old.shop.example A' \
            '_s._tcp.shop.example SRV' 'n.shop.example NAPTR' 't.shop.example TLSA' 'k.shop.example SSHFP' \
            'u.shop.example URI' 'missing.shop.example AAAA' 'shop.example TYPE65280' 'other.example A' \
            'CH TXT id.server'; do
            # shellcheck disable=SC2086
            ask $name
        done
        ask +dnssec +nsid +cookie +subnet=10.1.0.0/16 shop.example NS
        ask big.shop.example TXT # too long for a datagram, so it is asked again over TCP
        ask +tcp +keepopen shop.example SOA www.shop.example A missing.shop.example A
        ask shop.example AXFR
    }
    record Dns/knot 'port 5300' knot
}
