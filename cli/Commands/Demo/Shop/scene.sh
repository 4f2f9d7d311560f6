# The words of the shop's shell. It runs as the first process of namespaces of its own (network, mounts, processes) and
# reads its commands from a pipe: when whoever writes there has gone, for whatever reason, the shell ends, and the kernel
# takes everything it started and made with it.

fail() {
    echo "failed $1: $(tail -n 1 "$log" 2>/dev/null)"
    exit 1
}

# A file system in memory, seen by nobody else, for everything that would otherwise be left behind; it also hides the
# resolvers that a machine may have under /run.
log=/dev/null
mount -t tmpfs -o mode=755,size=64m netsniff-demo /run || fail "to mount a tmpfs"
mkdir -p /run/netns /run/shop/www /run/shop/www/products || fail "to make /run/shop"
log=/run/shop/log
exec 2>$log
chmod 755 /run/shop
cd /run/shop || fail "to enter /run/shop"

# Every host of the shop asks the shop's own name server.
resolve_by() {
    echo "nameserver $1" >/run/shop/resolv.conf
    target=$(readlink -m /etc/resolv.conf)
    case $target in /run/*) mkdir -p "${target%/*}" && : >"$target" ;; esac
    mount --bind /run/shop/resolv.conf /etc/resolv.conf || fail "to set the name server"
}

# host NAME ADDRESS/PREFIX: a network namespace with one leg on the bridge. No address of its own making, so that
# nothing but the shop is heard.
host() {
    ip netns add "$1" || fail "to make the namespace of $1"
    ip -batch - <<LINKS || fail "to connect $1"
link add $1 type veth peer name eth0 netns $1
link set $1 addrgenmode none
link set $1 master shop0
link set $1 up
LINKS
    ip -n "$1" -batch - <<LINKS || fail "to connect $1"
link set lo up
link set eth0 addrgenmode none
addr add $2 dev eth0
link set eth0 up
LINKS
}

# on HOST PROGRAM…: runs a program there.
on() {
    on_host=$1
    shift
    ip netns exec "$on_host" "$@" </dev/null >/dev/null 2>>$log
}

# await HOST PROCESS PORT: says whether the server came up, without a packet on the wire.
await() {
    tries=0
    while [ $tries -lt 200 ]; do
        if [ -n "$(ip netns exec "$1" ss -Hlntu "sport = :$3")" ]; then echo "up $1"; return; fi
        kill -0 "$2" 2>/dev/null || break
        tries=$((tries + 1))
        sleep 0.05
    done
    echo "down $1"
}

# Pages to sell tea with, and a certificate to sell it in private.
stock() {
    printf '<html><link rel=stylesheet href=/style.css><h1>Tea and cups</h1><p><a href=/products/tea.json>tea</a>\n' \
        >/run/shop/www/index.html
    printf 'h1 { color: darkgreen }\n' >/run/shop/www/style.css
    printf '{"name": "tea", "price": 4.20, "left": 12}\n' >/run/shop/www/products/tea.json
    printf '{"name": "cup", "price": 9.00, "left": 3}\n' >/run/shop/www/products/cup.json
}

certify() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=web.shop \
        -addext subjectAltName=DNS:web.shop -keyout /run/shop/key.pem -out /run/shop/cert.pem </dev/null
}
