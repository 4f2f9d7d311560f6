"""What goes wrong in a cluster, one thing after another under traffic: how long until all is as it should be, what is lost.

A case gives seconds until recovery and how many requests were answered that no worker knows of (or, where a worker's own
store goes with it, how many records a ledger calls lost)."""
import collections
import contextlib
import datetime
import http.client
import os
import signal
import time

import idle
from cluster import Failure, Skipped, wait_for
from world import HEALTH, RELEASE, SENSORS, SYSTEM, Run, is_ready, namespaced

CUT_SECONDS = int(os.environ.get("E2E_CUT_SECONDS", "60"))
OUTAGE_SECONDS = int(os.environ.get("E2E_OUTAGE_SECONDS", "600"))
WORKERS_MAX = 4
ANY = 300

Outcome = collections.namedtuple("Outcome", "recovery lost detail")


def nodes_of(world, component):
    return {pod["spec"]["nodeName"] for pod in world.ready(component)}


def quiet_node(world):
    """One that has no worker: what happens to it happens to sensors alone."""
    names = [node["metadata"]["name"] for node in world.api.list("/api/v1/nodes")]
    free = [name for name in names if name not in nodes_of(world, "worker")]
    if not free:
        raise Skipped("every node has a worker")
    return next((name for name in free if name not in nodes_of(world, "operator")), free[0])


def neighbours(world, run, node):
    """Customers and a server on one node: their requests are that node's sensor's alone to see."""
    name = f"server-{run.name}"
    run.pods.append(name)
    world.manifest("neighbours.yaml", NAME=name, NODE=node, ARGS='serve, "8080"')
    path = namespaced("v1", "shop", "pods", name)
    wait_for(f"{name} serves", lambda: is_ready(world.api.get(path)))
    address = world.api.get(path)["status"]["podIP"]
    run.pods.remove(name)
    run.begin(f"http://{address}:8080", node)
    return name


def away(world, name):
    world.api.delete(namespaced("v1", "shop", "pods", name) + "?gracePeriodSeconds=0")


def settle(world):
    """Until spools are empty; then the ledger is what it is."""
    wait_for("the spools are empty", lambda: world.waiting() == 0, ANY, 0.5)


def kill_leader(world):
    leader = world.leader()
    world.cluster.kill(leader)
    took = world.change({"capture": {"bpfFilter": "not port 20200"}})
    return Outcome(took, 0, f"{leader['metadata']['name']} was leading")


def kill_sensor(world):
    pod = world.sensor_on(world.shop_pod("web")["spec"]["nodeName"])
    decoded = r'netsniff_ledger_total\{stage="decode",what="in"'
    before = world.metric(pod, decoded)
    killed = set(world.cluster.processes(pod))
    world.cluster.kill(pod)
    began = wait_for("its process is there again", lambda: set(world.cluster.processes(pod)) - killed, 60, 0.02)
    took = began + wait_for("packets are decoded again", lambda: 0 < world.metric(pod, decoded) < before, 60, 0.05)
    world.figures["sensor_start_s"] = round(took - began, 1)
    return Outcome(took, 0, f"its process began after {began:.1f} s")


def cut_node(world):
    node = quiet_node(world)
    with Run(world, "cut") as run:
        server = neighbours(world, run, node)
        world.cluster.node("cut", node)
        time.sleep(CUT_SECONDS)
        world.cluster.node("heal", node)
        sensor = world.sensor_on(node)
        waiting = r'netsniff_ledger_total\{stage="spool",what="records waiting"'
        took = wait_for("the spool is drained", lambda: world.metric(sensor, waiting) == 0, ANY, 0.2)
        answered, lost = run.end()
        away(world, server)
    return Outcome(took, lost, f"{node} for {CUT_SECONDS} s, {answered} requests on it")


def drain_node(world):
    """One without a worker's store: what an emptyDir held goes with its pod, by design."""
    node = quiet_node(world)
    with Run(world, "drain") as run:
        run.begin(node=next(iter(nodes_of(world, "worker"))))
        began = time.monotonic()
        world.kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=120s")
        wait_for("operators are ready", lambda: len(world.ready("operator")) >= 2, ANY)
        took = time.monotonic() - began
        world.kubectl("uncordon", node)
        answered, lost = run.end()
    return Outcome(took, lost, f"{node}, {answered} requests meanwhile")


def scale_workers(world):
    """The ledger counts: with a worker that is no more goes what it stored."""
    before = world.lost()
    with Run(world, "scale", rate=40) as run:
        run.begin()
        began = time.monotonic()
        for count in (WORKERS_MAX, 1):
            world.change({"workers": {"minReplicas": count, "maxReplicas": max(count, 1)}}, limit=ANY)
            wait_for(f"{count} workers", lambda count=count: len(world.pods("worker")) == count
                     and len(world.ready("worker")) == count, ANY)
        took = time.monotonic() - began
        settle(world)
    return Outcome(took, max(0, world.lost() - before), f"1 -> {WORKERS_MAX} -> 1")


def restart_api(world):
    with Run(world, "api") as run:
        run.begin()
        world.cluster.control("kill", "apiserver", "etcd")
        time.sleep(5)
        world.cluster.control("start", "etcd", "apiserver")
        took = world.change({"capture": {"bpfFilter": "not port 20201"}}, limit=ANY)
        answered, lost = run.end()
    return Outcome(took, lost, f"until a change is programmed; {answered} requests")


def direct(pod, page="metrics"):
    """A page of a pod's health port without the API server."""
    connection = http.client.HTTPConnection(pod["status"]["podIP"], HEALTH, timeout=3)
    try:
        connection.request("GET", "/" + page)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def decoded(pod):
    return sum(float(line.rsplit(" ", 1)[1]) for line in direct(pod).splitlines()
               if line.startswith('netsniff_ledger_total{stage="decode",what="in"'))


def outage(world):
    """Control plane and workers away: sensors capture on, and hand over afterwards what they kept."""
    node = quiet_node(world)
    names = [one["metadata"]["name"] for one in world.api.list("/api/v1/nodes")]
    with Run(world, "outage") as run:
        server = neighbours(world, run, node)
        sensors, workers = world.ready("sensor"), world.ready("worker")
        for name in names:
            world.cluster.node("hold", name, "kubelet")
        world.cluster.control("kill", "scheduler", "controllers", "apiserver", "etcd")
        for pod in workers:
            world.cluster.kill(pod)
        before = [decoded(pod) for pod in sensors]
        time.sleep(OUTAGE_SECONDS)
        grown = [decoded(pod) - count for pod, count in zip(sensors, before)]
        world.cluster.control("start", "etcd", "apiserver", "controllers", "scheduler")
        for name in names:
            world.cluster.node("release", name, "kubelet")
        began = time.monotonic()
        world.wait_installed(ANY)
        settle(world)
        took = time.monotonic() - began
        answered, lost = run.end()
        away(world, server)
    if min(grown) <= 0:
        raise Failure(f"a sensor captured nothing meanwhile: {grown}")
    return Outcome(took, lost, f"{OUTAGE_SECONDS} s; {answered} requests, {int(sum(grown))} packets meanwhile")


CHILD_KINDS = (
    ("apps/v1", SENSORS, "daemonsets"), ("v1", SENSORS, "configmaps"), ("v1", SENSORS, "secrets"),
    ("networking.k8s.io/v1", SENSORS, "networkpolicies"), ("apps/v1", SYSTEM, "statefulsets"),
    ("v1", SYSTEM, "services"), ("v1", SYSTEM, "configmaps"), ("v1", SYSTEM, "secrets"),
    ("networking.k8s.io/v1", SYSTEM, "networkpolicies"))
OPERATORS = f"labelSelector=app.kubernetes.io%2Fmanaged-by%3D{RELEASE}-operator"


def children(world):
    """(kind, name) -> uid of everything that the operator made."""
    found = {}
    for version, space, kind in CHILD_KINDS:
        for one in world.api.list(f"{namespaced(version, space, kind)}?{OPERATORS}"):
            found[(version, space, kind, one["metadata"]["name"])] = one["metadata"]["uid"]
    return found


def children_pods(world):
    return world.pods("sensor") + world.pods("worker")


def delete_children(world):
    before = children(world)
    pods = {pod["metadata"]["uid"] for pod in children_pods(world)}
    for version, space, kind, name in before:
        world.api.delete(namespaced(version, space, kind, name))
    gone = set(before.values())

    def are_back():
        now = children(world)
        return set(before) <= set(now) and not gone & set(now.values())

    try:
        took = wait_for("all are back", are_back, 60, 0.1)
    except Failure:
        now = children(world)
        missing = [key[2:] for key in before if key not in now or now[key] in gone]
        raise Failure(f"not back after 60 s: {missing[:8]}") from None
    # Their pods go with those that were deleted; what is ready until then is the old ones.
    wait_for("all pods are new", lambda: not pods & {pod["metadata"]["uid"] for pod in children_pods(world)}, ANY)
    return Outcome(took, 0, f"{len(before)} objects")


def paused_leader(world):
    """A leader that sleeps through the end of its lease writes nothing when it wakes."""
    asleep = world.leader()
    address = asleep["status"]["podIP"]
    world.cluster.signal(asleep, signal.SIGSTOP)
    try:
        took = wait_for("another leads", lambda: (now := world.leader())
                        and now["metadata"]["name"] != asleep["metadata"]["name"], 30)
        world.change({"capture": {"bpfFilter": "not port 20202"}})
        woken = datetime.datetime.now(datetime.timezone.utc).isoformat()[:26] + "Z"
    finally:
        world.cluster.signal(asleep, signal.SIGCONT)
    world.change({"capture": {"bpfFilter": "not port 20203"}})
    time.sleep(3)
    if world.leader()["metadata"]["name"] == asleep["metadata"]["name"]:
        return Outcome(took, 0, "the sleeper leads again, in order")
    doubled = [line for line in world.cluster.audit()
               if address in line["sourceIPs"] and line["requestReceivedTimestamp"] > woken
               and idle.is_writing(line)]
    if doubled:
        raise Failure(f"{len(doubled)} writes of the sleeper: {doubled[0]['requestURI']}")
    return Outcome(took, 0, "no write of the sleeper after it woke")


# Name: what happens, seconds to recovery at most, whether anything may be lost.
CASES = {
    "kill the leading operator": (kill_leader, 6, 0),
    "kill -9 a sensor": (kill_sensor, 5, 0),
    "a node's network is cut": (cut_node, 60, 0),
    "a node is drained": (drain_node, 90, 0),
    "workers 1 -> 4 -> 1": (scale_workers, ANY, 0),
    # Before the server restarts: a garbage collector that lists anew takes an object of the same name for the same one.
    "every child is deleted": (delete_children, 10, 0),
    "API server and etcd restart": (restart_api, 60, 0),
    "the leader sleeps": (paused_leader, 10, 0),
    "control plane and workers away": (outage, 180, 0),
}


def step(name):
    what, limit, lost_max = CASES[name]

    def carry_out(world):
        if not world.cluster.is_ours:
            raise Skipped("needs a cluster of its own")
        try:
            outcome = what(world)
        except Failure as problem:
            world.chaos.append({"name": name, "recovery_s": None, "lost": None, "detail": str(problem)[:300]})
            raise
        finally:
            with contextlib.suppress(Failure):
                world.wait_installed(ANY)
        world.chaos.append({"name": name, "recovery_s": round(outcome.recovery, 1), "lost": outcome.lost,
                            "detail": outcome.detail})
        detail = f"recovery {outcome.recovery:.1f} s, lost {outcome.lost}; {outcome.detail}"
        if outcome.recovery > limit or outcome.lost > lost_max:
            raise Failure(f"{detail}; at most {limit} s and {lost_max}")
        return detail

    return carry_out


STEPS = [(name, step(name)) for name in CASES]
