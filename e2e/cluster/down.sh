#!/usr/bin/env bash
# Ends a cluster that up.sh made and takes away all that it put on the machine. Idempotent.   down.sh [--keep-state]
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/settings.sh"
[ -s "$folder/number" ] || exit 0
addresses
for home in "$folder"/node-*; do
    [ -d "$home" ] || continue
    stop "${home##*/}" KILL
done
for part in dns scheduler controllers apiserver etcd; do stop $part KILL; done
for space in $(ip netns list | awk -v prefix="nsk-$name-" 'index($1, prefix) == 1 { print $1 }'); do
    ip link del "$space" 2>/dev/null
    ip netns del "$space"
done
ip link del "$bridge" 2>/dev/null # and with it the routes to pods
for mount in $(awk '$3 == "cgroup" { print $2 }' /proc/mounts); do
    [ ! -d "$mount/nsk-$name" ] || find "$mount/nsk-$name" -depth -type d -exec rmdir {} + 2>/dev/null
done
[ "${1:-}" = --keep-state ] && exit 0
exec {lock}>"$clusters/lock"
flock $lock
rm -rf --one-file-system "$folder"
# The last one puts the machine's settings back.
if ! compgen -G "$clusters/*/number" >/dev/null && [ -e "$clusters/kernel" ]; then
    while read -r setting value; do echo "$value" >"/proc/sys/$setting"; done <"$clusters/kernel"
    rm -rf "$clusters"
fi
