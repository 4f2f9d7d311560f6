#!/usr/bin/env bash
# Writes krew's manifest of the plugin, `netsniff.yaml`, for archives of pack.sh: with their hashes, and where they will be.
#   packaging/krew/manifest.sh VERSION BASE-URL ARCHIVE... > netsniff.yaml
#   kubectl krew install --manifest netsniff.yaml --archive ARCHIVE      # tries it
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 VERSION BASE-URL ARCHIVE..." >&2; exit 2; }
version=${1#v} url=${2%/}
shift 2
cat <<YAML
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: netsniff
spec:
  version: v$version
  homepage: $url
  shortDescription: See what pods say to each other
  description: |
    Flows, and the HTTP, gRPC, DNS, TLS and other exchanges in them, with the names of pods, as they come or from before;
    packets of the last minutes cut out of all nodes; and a doctor that says what is not well and what helps. Everything
    goes through the API server, with your own rights.
  caveats: |
    NetSniff must be installed in the cluster. Begin with: kubectl netsniff doctor
  platforms:
YAML
for archive in "$@"; do
    name=$(basename "$archive")
    rid=${name#kubectl-netsniff-}
    rid=${rid%.tar.gz}
    case $rid in
        linux-*) os=linux ;;
        osx-*) os=darwin ;;
        win-*) os=windows ;;
        *) echo "$name is no archive of pack.sh" >&2; exit 1 ;;
    esac
    case $rid in
        *-x64) arch=amd64 ;;
        *-arm64) arch=arm64 ;;
        *) echo "$name is for no machine that krew knows" >&2; exit 1 ;;
    esac
    suffix=
    [ $os != windows ] || suffix=.exe
    cat <<YAML
  - selector:
      matchLabels:
        os: $os
        arch: $arch
    uri: $url/v$version/$name
    sha256: $(sha256sum "$archive" | cut -d ' ' -f 1)
    files:
    - from: "*"
      to: "."
    bin: kubectl-netsniff$suffix
YAML
done
