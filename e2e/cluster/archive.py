#!/usr/bin/env python3
"""Makes a container image of one layer out of a folder, without a daemon:  archive.py FOLDER NAME:TAG PROGRAM OUT.tar"""
import hashlib
import io
import json
import sys
import tarfile


def plain(entry):
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def main():
    folder, name, program, out = sys.argv[1:]
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add(folder, arcname=".", filter=plain)
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Entrypoint": [program]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}}).encode()
    layer_file, config_file = digest + ".tar", hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": config_file, "RepoTags": [name], "Layers": [layer_file]}]).encode()
    with tarfile.open(out, "w") as tar:
        for path, content in ((layer_file, layer.getvalue()), (config_file, config), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    main()
