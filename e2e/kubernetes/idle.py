"""What the operator costs when nothing happens: processor time, memory, and writes."""
import os
import time

from cluster import Failure, Skipped
from world import RELEASE, SYSTEM

SECONDS = int(os.environ.get("E2E_IDLE_SECONDS", "600"))
CPU_MAX, MEMORY_MAX = 0.020, 100 * 1024 * 1024
TICKS = os.sysconf("SC_CLK_TCK")
SETTLE_SECONDS = 150
NO_STATE = ("leases", "tokenreviews", "subjectaccessreviews")
WRITES = ("create", "update", "patch", "delete", "deletecollection")


def processor_seconds(process):
    with open(f"/proc/{process}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(process):
    """What the process has made for itself; the files of the runtime are there once for all."""
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:"))


def is_writing(line):
    """By the operator, and not its lease, which says each second that it is alive."""
    return (line["user"]["username"] == f"system:serviceaccount:{SYSTEM}:{RELEASE}-operator"
            and line["verb"] in WRITES and line.get("objectRef", {}).get("resource") not in NO_STATE)


def idle(world):
    if not world.cluster.is_ours:
        raise Skipped("needs the API server's audit log")
    # Nothing happens: no customers either, for counts in a status are news too.
    world.close_shop()
    time.sleep(SETTLE_SECONDS)
    leader = world.leader()
    process = world.cluster.processes(leader)[0]
    seen = sum(1 for line in world.cluster.audit() if is_writing(line))
    began, used = time.monotonic(), processor_seconds(process)
    time.sleep(SECONDS)
    share = (processor_seconds(process) - used) / (time.monotonic() - began)
    writes = [line for line in world.cluster.audit() if is_writing(line)][seen:]
    size = memory(process)
    world.figures.update(idle_cpu_m=round(share * 1000, 1), idle_memory_mb=round(size / 1e6), idle_writes=len(writes))
    world.kubectl("-n", "shop", "scale", "deployment/customers", "--replicas=1")
    detail = f"{SECONDS} s: {share * 1000:.1f} m of a processor, {size / 1e6:.0f} MB, {len(writes)} writes"
    if share > CPU_MAX or size > MEMORY_MAX or writes:
        what = {f"{line['verb']} {line['requestURI'].split('?')[0]}" for line in writes}
        raise Failure(f"{detail}: {', '.join(sorted(what)[:6])}")
    return detail


STEPS = [("idle operator", idle)]
