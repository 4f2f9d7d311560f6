# Read by the scripts beside it: where a cluster keeps its state, which addresses it has, and how its processes are held.
# NETSNIFF_CLUSTER names the cluster (at most 8 of a-z and 0-9); clusters of different names stand beside each other.
name=${NETSNIFF_CLUSTER:-e2e}
[[ $name =~ ^[a-z0-9]{1,8}$ ]] || { echo "NETSNIFF_CLUSTER=$name: at most 8 of a-z and 0-9" >&2; exit 2; }
clusters=${NETSNIFF_CLUSTERS:-/tmp/netsniff-clusters}
# Nodes see folders of their own there.
case $clusters in /run/* | /var/*) echo "NETSNIFF_CLUSTERS cannot be below /run or /var" >&2; exit 2 ;; esac
folder=$clusters/$name
pki=$folder/pki
clusters_max=10
nodes_max=30
# What a kubelet sets for the whole machine, and what many kubelets on one machine need.
kernel_settings="vm/overcommit_memory kernel/panic kernel/panic_on_oops fs/inotify/max_user_instances
    fs/inotify/max_user_watches net/bridge/bridge-nf-call-iptables"

# A number of its own is what keeps a cluster's addresses apart from another's.
number() {
    local taken
    mkdir -p "$folder"
    if [ ! -s "$folder/number" ]; then
        taken=" $(cat "$clusters"/*/number 2>/dev/null | tr '\n' ' ')"
        for ((at = 0; at < clusters_max; at++)); do [[ $taken == *" $at "* ]] || break; done
        [ $at -lt $clusters_max ] || { echo "$clusters_max clusters stand already" >&2; exit 1; }
        echo $at >"$folder/number"
    fi
    cat "$folder/number"
}

addresses() {
    local number
    number=$(number)
    bridge=nsk-$name
    machines=172.30.$number                 # the host is .1, node N is .(10+N)
    pods=10.$((244 - number))               # node N has .N.0/24
    services=10.$((96 + number))            # .0.0/16
    host=$machines.1
    api=https://$host:6443
    etcd_port=$((12379 + 10 * number))
}

began_at() { awk '{ sub(/^.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null; }

# A process is known by its id and when it began, so that nobody else's is ever ended.
note_process() { echo "$2 $(began_at "$2")" >"$folder/run/$1"; }

process() { # NAME: its id, if it runs
    local id began
    read -r id began 2>/dev/null <"$folder/run/$1" || return 1
    [ -n "$began" ] && [ "$(began_at "$id")" = "$began" ] || return 1
    [ "$(awk '{ sub(/^.*\) /, ""); print $1 }' "/proc/$id/stat" 2>/dev/null)" != Z ] && echo "$id"
}

start() { # NAME COMMAND...
    local what=$1
    shift
    process "$what" >/dev/null && return
    setsid "$@" >>"$folder/log/$what" 2>&1 </dev/null &
    note_process "$what" $!
}

stop() { # NAME SIGNAL
    local id left=100
    id=$(process "$1") || return 0
    kill -s "$2" "$id"
    while process "$1" >/dev/null; do
        [ $((left--)) -gt 0 ] || { kill -s KILL "$id" 2>/dev/null; left=100; }
        sleep 0.1
    done
    rm -f "$folder/run/$1"
}

ask() { # PATH: an answer of the API server, as its administrator
    curl -sf -m 5 --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" "$api$1"
}

wait_until() { # SECONDS WHAT COMMAND...
    local left=$(($1 * 10)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $((left--)) -gt 0 ] || { echo "$what: not in time; see $folder/log" >&2; return 1; }
        sleep 0.1
    done
}

# Seconds and tenths since the script began.
since() { awk -v began="$began_at_second" -v now="$(date +%s.%N)" 'BEGIN { printf "%.1f s", now - began }'; }
began_at_second=$(date +%s.%N)
