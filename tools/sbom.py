#!/usr/bin/env python3
"""The bill of materials of an image, CycloneDX 1.5 as JSON:  sbom.py NAME LAYOUT PACKAGES RUNTIME

From what was published (its deps.json names every NuGet package with version and hash), the Debian packages of the base
(file names of their archives) and the runtime's version. Nothing in it depends on when it is made."""
import base64
import json
import pathlib
import re
import sys
import urllib.parse
import uuid

# The only package that is not in every image: the store's library comes with the worker.
WORKER_ONLY = {"DuckDB.NET.Bindings.Full"}


def nuget(layout):
    document = json.loads(next(pathlib.Path(layout).glob("program/usr/lib/netsniff/netsniff.deps.json")).read_text())
    for name, library in sorted(document["libraries"].items()):
        if library["type"] != "package":
            continue
        package, version = name.split("/")
        component = {"type": "library", "name": package, "version": version, "purl": f"pkg:nuget/{package}@{version}"}
        if library.get("sha512", "").startswith("sha512-"):
            content = base64.b64decode(library["sha512"].removeprefix("sha512-")).hex()
            component["hashes"] = [{"alg": "SHA-512", "content": content}]
        yield component


def debian(packages):
    for line in sorted(pathlib.Path(packages).read_text().splitlines()):
        found = re.fullmatch(r"([^_]+)_([^_]+)_([^_]+)\.deb", line)
        if found:
            name, version, architecture = found[1], urllib.parse.unquote(found[2]), found[3]
            yield {"type": "library", "name": name, "version": version,
                   "purl": f"pkg:deb/debian/{name}@{urllib.parse.quote(version, safe='')}?arch={architecture}"}


def main():
    name, layout, packages, runtime = sys.argv[1:]
    what, version = pathlib.Path(runtime).read_text().split()
    components = [{"type": "framework", "name": what, "version": version}, *debian(packages)]
    components += [one for one in nuget(layout) if name.endswith("-worker") or one["name"] not in WORKER_ONLY]
    text = json.dumps(components, sort_keys=True)
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name + text)}",
        "metadata": {"component": {"type": "container", "name": name}}, "components": components}
    json.dump(document, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
