#!/usr/bin/env python3
"""Writes what of charts/netsniff is made from something else:

  files/crds, files/rules      copies of crds/ and rules/
  values.schema.json           its descriptions and defaults, from values.yaml; types and bounds in it are written by hand
  images.txt                   the images of a release, for registries without a network
  docs/install.md              the table of values, from values.yaml

charts.py --check writes nothing and names what would change; its exit code is 1 if anything would.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "netsniff"
TABLE = ("<!-- values: made from charts/netsniff/values.yaml by `make charts` -->", "<!-- values end -->")


def values():
    """Key, comment and default as written of everything in values.yaml, in its order. The file keeps to a form that is easily
    read: two columns a level, a comment before a key, a default on one line or, for what is a value as a whole, on those
    below."""
    path, comment, found = [], [], []
    lines = (CHART / "values.yaml").read_text().split("\n")
    for line in lines:
        text = line.strip()
        if not text:
            comment = []
            continue
        if text.startswith("#"):
            comment.append(text[1:].strip())
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        key, _, default = text.partition(":")
        # Below a key that has a comment of its own as a whole lies its default, not a key.
        if not comment and found and found[-1]["open"] and depth > found[-1]["depth"]:
            found[-1]["below"].append(line[2 * (found[-1]["depth"] + 1):])
            continue
        path = path[:depth] + [key]
        if found:
            found[-1]["open"] = False
        is_open = bool(comment)
        found.append({"key": ".".join(path), "depth": depth, "comment": " ".join(comment), "default": default.strip(),
                      "below": [], "open": is_open and not default.strip()})
        comment = []
    return [entry for entry in found if entry["default"] or entry["below"]]


def described(entries):
    """The schema with the words of values.yaml."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    for entry in entries:
        node = schema
        for part in entry["key"].split("."):
            node = node["properties"][part]
        node["description"] = entry["comment"]
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def table(entries):
    rows = ["| key | is | default |", "|---|---|---|"]
    for entry in entries:
        assert entry["comment"], f"{entry['key']} has no comment in values.yaml"
        default = entry["default"]
        if entry["below"]:
            default = "see values.yaml" if len(entry["below"]) > 3 else ", ".join(line.strip() for line in entry["below"])
        is_words = default == "see values.yaml"
        rows.append(f"| `{entry['key']}` | {entry['comment'].replace('|', chr(92) + '|')} | "
                    f"{default if is_words else '`' + default + '`'} |")
    text = (ROOT / "docs" / "install.md").read_text()
    before, rest = text.split(TABLE[0])
    return before + TABLE[0] + "\n\n" + "\n".join(rows) + "\n\n" + TABLE[1] + rest.split(TABLE[1])[1]


def images():
    version = re.search(r"^appVersion: (\S+)", (CHART / "Chart.yaml").read_text(), re.M).group(1)
    names = re.findall(r"^    repository: (\S+)", (CHART / "values.yaml").read_text(), re.M)
    return "".join(f"{name}:{version}\n" for name in names)


def main():
    entries = values()
    wanted = {
        CHART / "values.schema.json": described(entries),
        CHART / "images.txt": images(),
        ROOT / "docs" / "install.md": table(entries),
    }
    copies = {"crds": ["crds/*.yaml", "crds/without-cel/*.yaml"], "rules": ["rules/*.yaml"]}
    for folder, patterns in copies.items():
        for pattern in patterns:
            for source in sorted(ROOT.glob(pattern)):
                wanted[CHART / "files" / source.relative_to(ROOT)] = source.read_text()
        for copy in sorted((CHART / "files" / folder).rglob("*.yaml")):
            wanted.setdefault(copy, None)

    stale = [path for path, text in wanted.items() if (path.read_text() if path.exists() else None) != text]
    for path in stale:
        print(path.relative_to(ROOT))
        if "--check" in sys.argv:
            continue
        if wanted[path] is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path])
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
