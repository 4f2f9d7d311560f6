#!/usr/bin/env bash
# Makes the images out of this tree and Debian packages, without a registry:  tools/images.sh [IMAGE...]
# IMAGE is sensor, operator, worker, cli or shop (a small workload for e2e); without one, all of them. Left behind under
# artifacts/images: netsniff.tar and shop.tar for `ctr images import` or `docker load`, images.txt (name, id, bytes), and a
# bill of materials for each (CycloneDX). Needs root, and a Docker of its own is started for as long as it takes.
#   NETSNIFF_IMAGES     registry and path before the names (netsniff.test)      NETSNIFF_TAG  the tag (e2e)
#   NETSNIFF_PUBLISHED  the folder of a program that is published already, instead of building it
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
e2e/cluster/install.sh images
registry=${NETSNIFF_IMAGES:-netsniff.test} tag=${NETSNIFF_TAG:-e2e}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/netsniff/images
out=artifacts/images
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(sensor operator worker cli shop)
mkdir -p "$cache" "$out"
exec {lock}>"$cache/lock"
flock $lock

# What the program loads: the runtime's needs, and the sensor's. What a shop in Python needs.
runtime_packages=libc6,libstdc++6,zlib1g,libssl3,libpcap0.8,libzstd1
shop_packages=python3-minimal,libpython3-stdlib

# A root of extracted packages, kept until their list or the base's way of being made changes. The names of the packages go
# beside it, for the bill of materials.
debian_root() { # NAME PACKAGES
    local at=$cache/$1-$(echo "$2" | sha256sum | cut -c1-12)
    if [ ! -s "$at.tar" ]; then
        apt-get indextargets --format '$(REPO_URI)|$(CODENAME)|$(COMPONENT)' 'Created-By: Packages' |
            sort -u | awk -F'|' '$1 ~ /debian/ && $3 == "main" { print "deb", $1, $2, $3 }' >"$cache/sources.list"
        local code
        code=$(. /etc/os-release && echo "$VERSION_CODENAME")
        mmdebstrap --quiet --variant=extract --include="$2" --dpkgopt='path-exclude=/usr/share/doc/*' \
            --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
            --extract-hook="ls \"\$1/var/cache/apt/archives\" >'$at.packages'" \
            --extract-hook='rm -rf "$1"/usr/lib/*/gconv "$1"/usr/share/bash-completion "$1"/usr/share/bug' \
            "$code" "$at.new.tar" - <"$cache/sources.list"
        mv "$at.new.tar" "$at.tar"
    fi
    echo "$at"
}

# The runtime that this machine builds with, as the public base images have it.
runtime_root() {
    local dotnet version from
    dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
    version=$(dotnet --list-runtimes | awk '$1 == "Microsoft.AspNetCore.App" && $2 ~ /^10\./ { found = $2 } END { print found }')
    from=$(debian_root runtime $runtime_packages)
    local at=$cache/base-$(echo "$from $version" | sha256sum | cut -c1-12)
    if [ ! -s "$at.tar" ]; then
        cp "$from.tar" "$at.new.tar"
        tar -C "$dotnet" --transform 's|^|./usr/share/dotnet/|' --sort=name --owner=0 --group=0 --numeric-owner \
            --exclude=createdump --exclude='libmscordbi.so' --exclude='libmscordaccore.so' --exclude='*.xml' \
            -rf "$at.new.tar" host "shared/Microsoft.NETCore.App/$version" "shared/Microsoft.AspNetCore.App/$version"
        mv "$at.new.tar" "$at.tar"
    fi
    cp "$from.packages" "$cache/base.packages"
    echo "dotnet-runtime $version" >"$cache/base.runtime"
    echo "$at.tar"
}

# A daemon of our own: its own state and socket, no bridge and no rule in the machine's firewall.
run=$(mktemp -d)
daemon=
finish() {
    [ -z "$daemon" ] || { kill "$daemon" 2>/dev/null || true; wait "$daemon" 2>/dev/null || true; }
    rm -rf "$run"
}
trap finish EXIT
trap 'exit 143' TERM INT HUP
docker() { DOCKER_BUILDKIT=1 /usr/bin/docker -H "unix://$run/docker.sock" "$@"; }
start_docker() {
    /usr/sbin/dockerd --data-root "$cache/docker" --exec-root "$run/exec" --pidfile "$run/pid" -H "unix://$run/docker.sock" \
        --bridge=none --iptables=false --ip-forward=false --ip-masq=false --oom-score-adjust 0 --log-level error \
        >"$run/log" 2>&1 {lock}>&- &
    daemon=$!
    local left=200
    until docker version >/dev/null 2>&1; do
        kill -0 $daemon 2>/dev/null && [ $((left--)) -gt 0 ] || { tail -5 "$run/log" >&2; exit 1; }
        sleep 0.1
    done
}

base_image() { # NAME TAR: imported once
    local id
    id=$(docker images -q "$1")
    [ -n "$id" ] && [ "$(cat "$cache/${1//[:\/]/-}.from" 2>/dev/null)" = "$2" ] && return
    docker import "$2" "$1" >/dev/null
    echo "$2" >"$cache/${1//[:\/]/-}.from"
}

build() { # IMAGE
    local image=$registry/netsniff-$1:$tag file=Dockerfile.operator target=(--target "$1")
    [ "$1" != sensor ] || { file=Dockerfile.sensor; target=(); }
    if [ "$1" = shop ]; then
        base_image base.test/python:1 "$(debian_root python $shop_packages).tar"
        image=$registry/shop:$tag
        docker build -q -t "$image" --build-arg BASE=base.test/python:1 e2e/kubernetes/shop >/dev/null
    else
        docker build -q -t "$image" -f $file ${target[@]+"${target[@]}"} --build-arg BASE=base.test/dotnet:10.0 \
            --build-arg PROGRAM=published --build-arg LIBRARIES=present . >/dev/null
    fi
    docker inspect -f "$image {{.Id}} {{.Size}}" "$image" >>"$out/images.txt.new"
    echo "$image"
}

: >"$out/images.txt.new"
ours=() # those of the program share its layers, so they share an archive too
start_docker
for one in "${wanted[@]}"; do
    if [ "$one" != shop ] && [ ${#ours[@]} -eq 0 ]; then
        [ -n "${NETSNIFF_PUBLISHED:-}" ] || tools/build.sh Release >&2
        rm -rf $out/layout
        tools/layout.sh "${NETSNIFF_PUBLISHED:-bin/app}" $out/layout
        base_image base.test/dotnet:10.0 "$(runtime_root)"
    fi
    image=$(build "$one")
    if [ "$one" = shop ]; then docker save -o $out/shop.tar "$image"; else ours+=("$image"); fi
done
if [ ${#ours[@]} -gt 0 ]; then
    docker save -o $out/netsniff.tar "${ours[@]}"
    for one in "${ours[@]}"; do
        one=${one##*/}
        python3 tools/sbom.py "${one%:*}" "$out/layout" "$cache/base.packages" "$cache/base.runtime" >"$out/${one%:*}.cdx.json"
    done
fi
mv $out/images.txt.new $out/images.txt
awk '{ printf "%-40s %s  %.1f MB\n", $1, substr($2, 8, 12), $3 / 1e6 }' $out/images.txt
