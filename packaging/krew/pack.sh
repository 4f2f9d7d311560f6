#!/usr/bin/env bash
# Makes archives of the plugin for krew, one for each runtime identifier of .NET (linux-x64, linux-arm64, osx-arm64,
# win-x64 …), whole with the runtime: nothing has to be installed where they are used.
#   packaging/krew/pack.sh FOLDER [RID...]
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -ge 1 ] || { echo "usage: $0 FOLDER [RID...]" >&2; exit 2; }
folder=$1
shift
[ $# -gt 0 ] || set -- linux-x64
mkdir -p "$folder"
for rid in "$@"; do
    work=$(mktemp -d)
    dotnet publish cli/NetSniff.Cli.csproj -c Release -r "$rid" --self-contained true -p:PublishReadyToRun=true \
        -o "$work" -v quiet -clp:NoSummary
    suffix=
    case $rid in win-*) suffix=.exe ;; esac
    # The name by which it is called says what it is.
    mv "$work/netsniff$suffix" "$work/kubectl-netsniff$suffix"
    rm -rf "$work"/*.pdb "$work/demo"
    cp LICENSE "$work/"
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -czf "$folder/kubectl-netsniff-$rid.tar.gz" .
    rm -rf "$work"
    echo "$folder/kubectl-netsniff-$rid.tar.gz"
done
