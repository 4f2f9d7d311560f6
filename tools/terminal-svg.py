#!/usr/bin/env python3
"""Runs a command on a terminal of its own and draws what it wrote as an SVG.

    tools/terminal-svg.py -o docs/images/demo.svg --lines 1-20,38-46,69-73,-52--39,-14--9,-1--1 -- bin/netsniff demo

Knows what our own output is made of: lines of text, and the colours of SGR. The picture brings its own background, so it
reads the same on a light and on a dark page.
"""
import argparse
import fcntl
import html
import os
import pty
import re
import struct
import termios

CELL_WIDTH = 7.8
CELL_HEIGHT = 17
MARGIN = 16
BAR = 28
SGR = re.compile(r"\x1b\[([0-9;]*)m")
OTHER = re.compile(r"\x1b(\[[?0-9;]*[A-Za-ln-z]|[=>])")  # what a runtime says to the terminal before and after
CLASSES = {1: "b", 2: "d", 31: "r", 32: "g", 33: "y", 34: "l", 35: "m", 36: "c"}
STYLE = """
.t{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d5dbe3;white-space:pre}
.b{font-weight:bold;fill:#fff}.d{fill:#8b98a9}.r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#f2cc60}
.l{fill:#79c0ff}.m{fill:#d2a8ff}.c{fill:#56d4dd}
"""


def run(command, columns):
    """What the command writes to a terminal of that width."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ.pop("NO_COLOR", None)
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    pieces = []
    try:
        while piece := os.read(terminal, 65536):
            pieces.append(piece)
    except OSError:
        pass  # the terminal is closed with the last process on it
    os.waitpid(process, 0)
    text = OTHER.sub("", b"".join(pieces).decode(errors="replace").replace("\r", ""))
    return text.rstrip("\n").split("\n")


def choose(lines, text):
    """Lines by number from 1, or from the end by negative ones; a gap is shown as such."""
    if not text:
        return lines
    chosen = []
    for part in text.split(","):
        first, last = re.fullmatch(r"(-?\d+)-(-?\d+)", part).groups()
        first, last = (int(number) + (len(lines) + 1 if int(number) < 0 else 0) for number in (first, last))
        if chosen:
            chosen.append("\x1b[2m  ⋮\x1b[0m")
        chosen += lines[first - 1:last]
    return chosen


def pieces(line):
    """(column, class, text) of each stretch of one colour."""
    column, style, position = 0, "", 0
    for match in [*SGR.finditer(line), None]:
        text = line[position:match.start() if match else len(line)]
        # Several blanks are one in some viewers, so what stands after them is placed anew.
        for part in re.finditer(r"\S+( \S+)*", text):
            yield column + part.start(), style, part[0]
        column += len(text)
        if match:
            position = match.end()
            for code in match[1].split(";"):
                style = CLASSES.get(int(code or 0), "")


def draw(lines, columns, title):
    width = columns * CELL_WIDTH + 2 * MARGIN
    height = BAR + len(lines) * CELL_HEIGHT + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
           f'aria-label="{html.escape(title)}"><style>{STYLE}</style>')
    yield f'<rect width="100%" height="100%" rx="8" fill="#10151c" stroke="#3a4656"/>'
    for index, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        yield f'<circle cx="{MARGIN + 6 + 18 * index}" cy="{BAR / 2 + 3}" r="5" fill="{colour}"/>'
    yield f'<text class="t d" x="50%" y="{BAR / 2 + 7}" text-anchor="middle">{html.escape(title)}</text>'
    for row, line in enumerate(lines):
        spans = []
        for column, style, text in pieces(line):
            # Every stretch is put in its place and to its width, whatever font the reader has.
            name = f' class="{style}"' if style else ""
            spans.append(f'<tspan{name} x="{MARGIN + column * CELL_WIDTH:.1f}" textLength="{len(text) * CELL_WIDTH:.1f}" '
                         f'lengthAdjust="spacingAndGlyphs">{html.escape(text, quote=False)}</tspan>')
        if spans:
            yield f'<text class="t" y="{BAR + MARGIN + 12 + row * CELL_HEIGHT}">{"".join(spans)}</text>'
    yield "</svg>\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--lines", help="such as 1-20,-30--1 for the first twenty and the last thirty")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    lines = choose(run(options.command, options.columns), options.lines)
    with open(options.output, "w", encoding="utf-8") as picture:
        picture.write("\n".join(draw(lines, options.columns, " ".join(options.command))))


main()
