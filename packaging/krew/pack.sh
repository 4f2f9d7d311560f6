#!/usr/bin/env bash
# Makes archives of the plugin for krew, one for each runtime identifier of .NET (linux-x64, linux-arm64, osx-arm64,
# win-x64 …), whole with the runtime: nothing has to be installed where they are used.
#   packaging/krew/pack.sh FOLDER [RID...]
#   packaging/krew/pack.sh FOLDER --published PROGRAM RID      # of what `dotnet publish` has put there already
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 FOLDER [--published PROGRAM] [RID...]" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
published=
if [ "${1:-}" = --published ]; then
    published=$(cd "$2" && pwd)
    shift 2
fi
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- linux-x64
for rid in "$@"; do
    work=$(mktemp -d)
    if [ -n "$published" ]; then
        cp -R "$published/." "$work/"
    else
        dotnet publish cli/NetSniff.Cli.csproj -c Release -r "$rid" --self-contained true -p:PublishReadyToRun=true \
            -o "$work" -v quiet -clp:NoSummary
    fi
    suffix=
    case $rid in win-*) suffix=.exe ;; esac
    # The name by which it is called says what it is.
    mv "$work/netsniff$suffix" "$work/kubectl-netsniff$suffix"
    # The store's library, a third of it all, is a worker's; the recorded shop is for `netsniff demo`.
    rm -rf "$work"/*.pdb "$work"/*duckdb.{so,dll,dylib} "$work/demo"
    cp LICENSE "$work/"
    # Others than whoever unpacks it may run it as well; krew takes files and folders, and nothing else.
    chmod -R u+rwX,go+rX,go-w "$work"
    chmod 755 "$work/kubectl-netsniff$suffix"
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -czf "$folder/kubectl-netsniff-$rid.tar.gz" .
    rm -rf "$work"
    echo "$folder/kubectl-netsniff-$rid.tar.gz"
done
