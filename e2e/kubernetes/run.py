#!/usr/bin/env python3
"""Everything on Kubernetes, end to end: install, see, be told, change, break, take away.  `make e2e`; root.

    run.py [--nodes N] [--keep] [--no-images] [--only SET,...] [--step TEXT]

Brings a cluster up on this machine (e2e/cluster), makes the images and installs the chart from this tree. With E2E_KUBECONFIG
it takes that cluster, whose nodes must be able to get the images (NETSNIFF_IMAGES, NETSNIFF_TAG); what would break it is left
out then, and said. E2E_CHANGES, E2E_CUT_SECONDS, E2E_OUTAGE_SECONDS, E2E_IDLE_SECONDS and E2E_FAKE_NODES say how much of a
thing. Exit code 3: a cluster cannot be had here.

Sets: begin (the five minutes), rights, samples, config, faults, idle, scale, chart, end. --keep leaves cluster
and installation standing."""
import argparse
import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
import traceback

import faults
import five_minutes
import hot_config
import idle
import rights
import samples
import scale
from cluster import ROOT, Failure, Given, Own, Skipped, run
from world import World

SETS = {
    "begin": five_minutes.BEGIN, "rights": rights.STEPS, "samples": samples.STEPS, "config": hot_config.STEPS, "faults": faults.STEPS,
    "idle": idle.STEPS, "scale": scale.STEPS, "chart": five_minutes.CHART, "end": five_minutes.END,
}
ARCHIVES = [os.path.join(ROOT, "artifacts", "images", name) for name in ("netsniff.tar", "shop.tar")]
FORM = "{:<6} {:<32} {:>7}  {}"


def images(cluster, are_made):
    """Made and brought to every node; their sizes."""
    if not cluster.is_ours:
        return "those that the cluster can get"
    if are_made or not all(map(os.path.exists, ARCHIVES)):
        run(os.path.join(ROOT, "tools", "images.sh"), limit=1200)
    began = time.monotonic()
    cluster.import_images(ARCHIVES)
    with open(os.path.join(ROOT, "artifacts", "images", "images.txt"), encoding="ascii") as file:
        sizes = [(line.split()[0].split("/")[-1].split(":")[0], int(line.split()[2]) / 1e6) for line in file]
    return f"imported in {time.monotonic() - began:.0f} s; " + ", ".join(f"{name} {size:.0f} MB" for name, size in sizes)


def diagnose(world, folder, name):
    """What the parts say, beside the results, when a step failed."""
    with open(os.path.join(folder, name.replace(" ", "-").replace("/", "-") + ".txt"), "w", encoding="utf-8") as file:
        for words in (("get", "pods", "-A", "-o", "wide"), ("get", "cprof,drule,csess", "-A", "-o", "yaml"),
                      ("-n", "netsniff-system", "get", "events")):
            file.write(world.kubectl(*words, check=False).stdout + "\n")
        for space, component in (("netsniff-system", "operator"), ("netsniff-system", "worker"),
                                 ("netsniff-sensors", "sensor")):
            file.write(world.kubectl("-n", space, "logs", "-l", f"app.kubernetes.io/component={component}", "--prefix",
                                     "--tail=40", check=False).stdout + "\n")


def carry_out(name, step, world, folder):
    began = time.monotonic()
    try:
        state, detail = "ok", step(world) or ""
    except Skipped as reason:
        state, detail = "skip", str(reason)
    except (Failure, OSError, KeyError, IndexError, StopIteration, ValueError, http.client.HTTPException,
            subprocess.TimeoutExpired) as problem:
        state, detail = "FAIL", str(problem) or traceback.format_exc(limit=3)
        if not isinstance(problem, Failure):
            detail = f"{type(problem).__name__}: {detail}"
        with contextlib.suppress(Exception):
            diagnose(world, folder, name)
    took = time.monotonic() - began
    print(FORM.format(state, name, f"{took:.1f} s", " ".join(detail.split())), flush=True)
    return {"name": name, "state": state, "seconds": round(took, 1), "detail": detail}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--no-images", action="store_true", help="those that were made before")
    parser.add_argument("--only", default=",".join(SETS), metavar="SET,...")
    parser.add_argument("--step", default="", metavar="TEXT", help="only steps whose name holds it")
    parser.add_argument("--chart", default=os.path.join(ROOT, "charts", "netsniff"))
    options = parser.parse_args()
    folder = os.path.join(ROOT, "artifacts", "e2e")
    os.makedirs(folder, exist_ok=True)
    try:
        tools = run(os.path.join(ROOT, "tools", "helm.sh"), "--folder").stdout.strip()
        kubectl = os.path.join(tools, "kubectl")
        given = os.environ.get("E2E_KUBECONFIG")
        cluster = Given(given, kubectl) if given else Own(options.nodes, kubectl, options.keep)
    except Failure as problem:
        print(f"run.py: {problem}", file=sys.stderr)
        sys.exit(problem.code)
    print(FORM.format("", "step", "took", ""), flush=True)
    if cluster.is_ours:
        print(FORM.format("ok", f"a cluster of {options.nodes} nodes", cluster.up.split(" after ")[-1], ""), flush=True)
    world = World(cluster, os.path.join(tools, "helm"), options.chart, folder)
    results = []
    try:
        results.append(carry_out("images", lambda world: images(cluster, not options.no_images), world, folder))
        # Without images nothing that follows says anything.
        for name in options.only.split(",") if results[0]["state"] != "FAIL" else []:
            for step, what in SETS[name]:
                if options.step in step:
                    results.append(carry_out(step, what, world, folder))
    finally:
        cluster.close()
    tell(world, results)


def tell(world, results):
    if world.chaos:
        print("\n{:<32} {:>9} {:>6}  {}".format("fault", "recovery", "lost", ""))
        for one in world.chaos:
            recovery = "-" if one["recovery_s"] is None else f"{one['recovery_s']:.1f} s"
            print("{:<32} {:>9} {:>6}  {}".format(
                one["name"], recovery, "-" if one["lost"] is None else one["lost"], one["detail"][:90]))
    count = {state: sum(one["state"] == state for one in results) for state in ("ok", "FAIL", "skip")}
    with open(os.path.join(ROOT, "artifacts", "e2e.json"), "w", encoding="utf-8") as file:
        json.dump({"passed": count["ok"], "failed": count["FAIL"], "skipped": count["skip"],
                   "first_flow_s": world.figures.get("first_flow_s"),
                   "hot_config_p99_s": world.figures.get("hot_config_p99_s"), "chaos": world.chaos,
                   "figures": world.figures, "steps": results}, file, indent=2)
    print(f"\n{count['ok']} passed, {count['FAIL']} failed, {count['skip']} skipped")
    sys.exit(1 if count["FAIL"] else 0)


if __name__ == "__main__":
    main()
