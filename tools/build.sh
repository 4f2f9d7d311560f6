#!/usr/bin/env bash
# Builds the program with ReadyToRun code, so that it starts at once, and links it to bin/netsniff; by its other names
# it is kubectl's plugin, and what kubectl asks for completions.
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${1:-Release}
rid=$(dotnet --info | awk '/^ *RID:/ {print $2; exit}')
case $rid in *arm64*) rid=linux-arm64 ;; osx*) ;; *) rid=linux-x64 ;; esac
[ "$(uname -s)" = Linux ] || rid=$(dotnet --info | awk '/^ *RID:/ {print $2; exit}')
[ -e bin/app ] || echo "building; the first time takes a minute or two"
dotnet publish cli/NetSniff.Cli.csproj -c "$configuration" -r "$rid" --self-contained false \
    -p:PublishReadyToRun=true -o bin/app -v quiet -clp:NoSummary
for name in netsniff kubectl-netsniff kubectl_complete-netsniff; do ln -sf app/netsniff "bin/$name"; done
echo "bin/netsniff is ready: try  bin/netsniff --help"
