#!/usr/bin/env bash
# Says in which folder the binaries of Kubernetes are, control plane's and node's: 1.20.2, the version that Debian has the
# source of.   binaries.sh [--build]
# Looks at NETSNIFF_KUBE_BIN, then the cache, then a tarball beside the checkout, which it unpacks into the cache. With
# --build it makes them from Debian's source package, once: 8 minutes on two cores, 2 GB of disk while it lasts.
# Exit code 3: there are none, and the last line says what to do.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
version=1.20.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/netsniff/kubernetes-$version
tarball=${NETSNIFF_KUBE_TARBALL:-$here/../../../shared/cluster/kubernetes-$version-linux-amd64.tar.zst}
components="kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy"

has() { local one; for one in $components; do [ -x "$1/$one" ] || return 1; done; }
# Moved into place whole: two who do this at the same time do not meet half of the other's.
settle() { mkdir -p "$(dirname "$cache")"; rm -rf "$cache"; mv -T "$1" "$cache" 2>/dev/null || has "$cache"; }

if [ -n "${NETSNIFF_KUBE_BIN:-}" ]; then
    has "$NETSNIFF_KUBE_BIN" || { echo "NETSNIFF_KUBE_BIN=$NETSNIFF_KUBE_BIN lacks one of: $components" >&2; exit 3; }
    echo "$NETSNIFF_KUBE_BIN"
    exit 0
fi
if has "$cache"; then echo "$cache"; exit 0; fi
if [ -r "$tarball" ] && command -v zstd >/dev/null && [ "$(uname -sm)" = "Linux x86_64" ]; then
    mkdir -p "$(dirname "$cache")"
    fresh=$(mktemp -d "$cache.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    zstd -dcq "$tarball" | tar -xf - -C "$fresh"
    if has "$fresh"; then settle "$fresh"; echo "$cache"; exit 0; fi
fi
if [ "${1:-}" != --build ]; then
    echo "no Kubernetes binaries in $cache: e2e/cluster/binaries.sh --build makes them (8 minutes), or set NETSNIFF_KUBE_BIN" >&2
    exit 3
fi

# From here on: the build. Go in the old way, with everything vendored.
for tool in dpkg-source rsync make /usr/lib/go-1.19/bin/go; do
    command -v "$tool" >/dev/null || {
        echo "missing $tool: apt-get install dpkg-dev rsync make golang-1.19-go golang-github-modern-go-reflect2-dev" >&2
        exit 3
    }
done
work=${NETSNIFF_KUBE_WORK:-$(mktemp -d)}
mkdir -p "$work/lists/partial" "$cache.building"
cd "$work"
if [ ! -d source ]; then
    # Our own list of sources, for these two calls: the machine's stays as it is.
    mirror=$(apt-get indextargets --format '$(REPO_URI)|$(CODENAME)|$(COMPONENT)' 'Created-By: Packages' | sort -u)
    echo "$mirror" | awk -F'|' '{ print "deb-src [trusted=yes]", $1, $2, $3 }' >sources.list
    once=(-q -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists")
    apt-get "${once[@]}" update >&2
    apt-get "${once[@]}" source --download-only kubernetes >&2
    dpkg-source -x kubernetes_*.dsc source >&2
fi
# The vendored reflect2 1.0.1 walks maps wrongly with Go 1.18 and later: the API server dies at its first custom resource.
reflect2=source/vendor/github.com/modern-go/reflect2
if [ ! -e $reflect2/go_above_118.go ]; then
    rm -f $reflect2/*.go $reflect2/*.s
    cp /usr/share/gocode/src/github.com/modern-go/reflect2/* $reflect2/
fi
mkdir -p source/.go/src/k8s.io
ln -sfn ../../.. source/.go/src/k8s.io/kubernetes
export GOPATH=$work/source/.go GO111MODULE=off GOTOOLCHAIN=local CGO_ENABLED=0 HOME=$work/home GOCACHE=$work/gocache
export PATH=/usr/lib/go-1.19/bin:$PATH
cd source/.go/src/k8s.io/kubernetes
make generated_files >&2
# With GOPATH and vendoring the symbols are below the vendor folder; without them the server calls itself v0.0.0.
flags='-s -w'
for package in component-base/version client-go/pkg/version; do
    symbol=k8s.io/kubernetes/vendor/k8s.io/$package
    flags+=" -X $symbol.gitVersion=v$version -X $symbol.gitMajor=1 -X $symbol.gitMinor=20 -X $symbol.gitTreeState=clean"
    flags+=" -X $symbol.buildDate=2023-01-01T00:00:00Z"
done
for one in $components; do
    go build -tags providerless,dockerless -trimpath -ldflags "$flags" -o "$cache.building/$one" "k8s.io/kubernetes/cmd/$one" >&2
done
settle "$cache.building"
[ -n "${NETSNIFF_KUBE_WORK:-}" ] || rm -rf "$work"
echo "$cache"
