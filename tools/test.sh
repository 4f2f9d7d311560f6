#!/usr/bin/env bash
# Builds and runs every test. The last line is `N passed, N failed, N skipped`; the exit code says whether all is well.
set -uo pipefail
cd "$(dirname "$0")/.."
tools/build.sh Release || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
dotnet build tests/NetSniff.Tests.csproj -c Release -v quiet -clp:NoSummary || {
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}
mkdir -p artifacts
tests/bin/Release/net10.0/NetSniff.Tests -noLogo -noColor -xml artifacts/tests.xml "$@"
code=$?
[ -s artifacts/tests.xml ] || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
# Only inside the assembly's own tag: collections behind it on the same line carry the same attribute names.
count() { grep -o '<assembly [^>]*>' artifacts/tests.xml | head -1 | sed -n 's/.*[[:space:]]'"$1"'="\([0-9]*\)".*/\1/p'; }
echo "$(count passed) passed, $(($(count failed) + $(count errors))) failed, $(count skipped) skipped"
exit $code
