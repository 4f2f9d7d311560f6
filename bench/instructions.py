#!/usr/bin/env python3
"""Instructions a packet of `netsniff read`, by function, as callgrind counts them (make bench-instructions).

    instructions.py TRACE [--packets N] [--skip N] [--output none|batches|eve] [--lines N]

What a busy machine does to time it does not do to counts: two programs can be compared while others build. Counts are
no time: what waits for memory shows in a profile only. The program compiled ahead of time is run over a cut of the
trace, which includes its start (about four milliseconds), so small cuts count that too."""
import argparse
import bisect
import collections
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(ROOT, "native/obj/publish/netsniff-native")
# Callgrind loads a position-independent program somewhere in here; where exactly is found by its functions' places.
BIASES = range(0x100000, 0x120000, 0x1000)


def cut(trace, target, skip, count):
    with open(trace, "rb") as source, open(target, "wb") as file:
        file.write(source.read(24))
        for packet in range(skip + count):
            head = source.read(16)
            if len(head) < 16:
                return packet - skip
            body = source.read(struct.unpack_from("<I", head, 8)[0])
            if packet >= skip:
                file.write(head + body)
    return count


def functions():
    """Place and name of each, in order: the program's own table is in the file beside it."""
    said = subprocess.run(["nm", PROGRAM + ".dbg"], capture_output=True, text=True, check=True).stdout
    lines = (line.split() for line in said.splitlines())
    return sorted((int(line[0], 16), line[2]) for line in lines if len(line) == 3 and line[1] in "tT")


def count(folder, capture, output):
    # Callgrind cannot read the compiler's debug information, so the program is run where there is none.
    program, counts = os.path.join(folder, "program"), os.path.join(folder, "counts")
    shutil.copy(PROGRAM, program)
    environment = dict(os.environ, DOTNET_GCHeapHardLimit="0x20000000")
    ran = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + counts, program,
         "read", capture, "-q", "-o", output, "-w", "/dev/null"],
        env=environment, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(ran.stderr)
    return subprocess.run(
        ["callgrind_annotate", "--threshold=100", counts], capture_output=True, text=True, check=True).stdout


def by_name(text, known):
    places = [place for place, _ in known]
    starts = set(places)
    seen = [int(place, 16) for place in re.findall(r"\?\?\?:0x0*([0-9a-f]+)", text)]
    bias = max(BIASES, key=lambda one: sum(place - one in starts for place in seen))
    names = collections.Counter()
    for line in text.splitlines():
        found = re.match(r"\s*([\d,]+) \(.*?\)\s+(.*)", line)
        if not found or "PROGRAM TOTALS" in line:
            continue
        name = found[2]
        place = re.match(r"\?\?\?:0x0*([0-9a-f]+)", name)
        if place and int(place[1], 16) - bias >= places[0]:
            name = known[bisect.bisect_right(places, int(place[1], 16) - bias) - 1][1]
        names[name.strip()] += int(found[1].replace(",", ""))
    return names


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("trace")
    options.add_argument("--packets", type=int, default=150_000)
    options.add_argument("--skip", type=int, default=400_000)
    options.add_argument("--output", default="batches")
    options.add_argument("--lines", type=int, default=30)
    asked = options.parse_args()
    if not os.path.exists(PROGRAM + ".dbg"):
        sys.exit("instructions.py: no program compiled ahead of time; `make build` makes it where it can")
    with tempfile.TemporaryDirectory() as folder:
        capture = os.path.join(folder, "cut.pcap")
        packets = cut(asked.trace, capture, asked.skip, asked.packets)
        if packets <= 0:
            sys.exit(f"instructions.py: {asked.trace} has no packet behind {asked.skip}")
        names = by_name(count(folder, capture, asked.output), functions())
    total = sum(names.values())
    print(f"{total / packets:,.0f} instructions a packet, {packets:,} packets, -o {asked.output}")
    for name, instructions in names.most_common(asked.lines):
        print(f"{instructions / packets:9.1f} {100 * instructions / total:5.1f} %  {name[:110]}")


main()
