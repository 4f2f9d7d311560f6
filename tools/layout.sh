#!/usr/bin/env bash
# Lays a published program out as it is in an image:  layout.sh PUBLISHED OUT
#   OUT/program   what every image has, from / down
#   OUT/store     what the worker has besides
set -euo pipefail
published=$1 out=$2
home=usr/lib/netsniff
mkdir -p "$out/program/$home" "$out/program/usr/bin" "$out/store/$home"
cp -a "$published/." "$out/program/$home"
rm -f "$out/program/$home"/*.pdb
chmod -R a+rX "$out/program/$home"
mv "$out/program/$home/libduckdb.so" "$out/store/$home"
ln -sfn ../lib/netsniff/netsniff "$out/program/usr/bin/netsniff"
