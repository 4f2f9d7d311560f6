#!/usr/bin/env bash
# Builds the program with ReadyToRun code, so that it starts at once, and links it to bin/netsniff; by its other names
# it is kubectl's plugin, and what kubectl asks for completions. `read` and `live` are also compiled for this machine
# ahead of time where that can be done (NETSNIFF_NATIVE=0 leaves it out): then bin/netsniff is that, and it hands on to
# the whole program whatever else is asked for.
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${1:-Release}
rid=$(dotnet --info | awk '/^ *RID:/ {print $2; exit}')
case $rid in *arm64*) rid=linux-arm64 ;; osx*) ;; *) rid=linux-x64 ;; esac
[ "$(uname -s)" = Linux ] || rid=$(dotnet --info | awk '/^ *RID:/ {print $2; exit}')
[ -e bin/app ] || echo "building; the first time takes a minute or two"
dotnet publish cli/NetSniff.Cli.csproj -c "$configuration" -r "$rid" --self-contained false \
    -p:PublishReadyToRun=true -o bin/app -v quiet -clp:NoSummary

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Says in a few words what is missing; nothing when it can be done.
lack() {
    [ "${NETSNIFF_NATIVE:-1}" != 0 ] || { echo "NETSNIFF_NATIVE=0"; return; }
    [ -d native ] || { echo "no sources of it here"; return; }
    [ "$(uname -s)" = Linux ] || { echo "not Linux"; return; }
    command -v gcc >/dev/null || command -v clang >/dev/null || { echo "no gcc or clang"; return; }
    case $rid in *x64) grep -q ' avx2 ' /proc/cpuinfo || { echo "no AVX2 in this processor"; return; } ;; esac
    dotnet restore native -r "$rid" -v quiet >"$log" 2>&1 || { echo "its compiler cannot be had"; return; }
}
missing=$(lack)
if [ -z "$missing" ]; then
    linker=gcc
    ! command -v clang >/dev/null || linker=clang
    work=native/obj/publish
    mkdir -p bin/native
    # What is wrong with our own code ends the build; that nothing can be linked here does not.
    dotnet publish native -c "$configuration" -r "$rid" --no-restore -p:CppCompilerAndLinker=$linker -o $work \
        -v quiet -clp:NoSummary >"$log" 2>&1 || {
        if grep -qE 'error (CS|CA|IDE|IL)[0-9]' "$log"; then cat "$log" >&2; exit 1; fi
        grep -m 3 error "$log" || tail -3 "$log"
        missing="it could not be linked"
    }
fi
if [ -z "$missing" ]; then
    # Beside it, tried, and then in its place: who runs it now keeps what he has.
    cp $work/netsniff-native bin/native/netsniff.new
    bin/native/netsniff.new read --help >/dev/null 2>&1 || missing="what was made does not run"
fi
if [ -z "$missing" ]; then
    mv -f bin/native/netsniff.new bin/native/netsniff
    ln -sf native/netsniff bin/netsniff
else
    rm -rf bin/native
    echo "read and live are not compiled for this machine: $missing"
    ln -sf app/netsniff bin/netsniff
fi
for name in kubectl-netsniff kubectl_complete-netsniff; do ln -sf app/netsniff "bin/$name"; done
echo "bin/netsniff is ready: try  bin/netsniff --help"
