"""A hundred and twenty nodes that are none: the API server has them, their pods are said to run, and each has a sensor that
attends to the operator and captures nothing. What the operator needs for that, and how long a change takes to be everywhere."""
import base64
import collections
import concurrent.futures
import contextlib
import json
import os
import subprocess
import threading
import time

import idle
from cluster import ROOT, Failure, Refused, Skipped, wait_for
from world import SENSORS, SYSTEM, namespaced

NODES = int(os.environ.get("E2E_FAKE_NODES", "120"))
PODS_PER_NODE = 10
HEARTBEAT_SECONDS, GRACE = 15, "60s"
SPACE = "crowd"
LABEL = "netsniff.test/fake"
CHANGES = 10
MEMORY_MAX = 250 * 1024 * 1024
DRIVER = os.path.join(ROOT, "fuzz", "bin", "Release", "net10.0", "netsniff-fuzz")


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Crowd:
    """Fake nodes: they say that they are well, and that whatever is put on them runs."""

    def __init__(self, api):
        self.api, self.names = api, [f"fake-{number}" for number in range(1, NODES + 1)]
        self.is_over = threading.Event()
        self.threads = []

    def each(self, what, things, at_once=6):
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            for done in [pool.submit(what, thing) for thing in things]:
                done.result()

    def __enter__(self):
        self.each(self.make_node, self.names)
        for what in (self.beat, self.run_pods):
            self.threads.append(threading.Thread(target=what, daemon=True))
            self.threads[-1].start()
        return self

    def __exit__(self, *_):
        self.api.delete(f"/api/v1/namespaces/{SPACE}")
        self.each(lambda name: self.api.delete(f"/api/v1/nodes/{name}"), self.names)
        pods = self.api.list("/api/v1/pods")
        self.each(self.end_pod, [pod for pod in pods if pod["spec"].get("nodeName", "").startswith("fake-")])
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def make_node(self, name):
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {
                    LABEL: "true", "kubernetes.io/os": "linux", "kubernetes.io/hostname": name}},
                "spec": {"taints": [{"key": LABEL, "effect": "NoSchedule"}]}}
        with contextlib.suppress(Refused):
            self.api.raw("POST", "/api/v1/nodes", json.dumps(node))
        self.say_well(name)

    def say_well(self, name):
        number = self.names.index(name)
        self.api.patch(f"/api/v1/nodes/{name}/status", {"status": {
            "capacity": {"cpu": "8", "memory": "32Gi", "pods": "110"},
            "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110"},
            "addresses": [{"type": "InternalIP", "address": f"10.200.{number // 250}.{number % 250 + 1}"}],
            "conditions": [{"type": "Ready", "status": "True", "reason": "Fake", "lastHeartbeatTime": now()}]}})

    def beat(self):
        while not self.is_over.is_set():
            for name in self.names:
                with contextlib.suppress(Refused, OSError):
                    self.say_well(name)
                if self.is_over.wait(HEARTBEAT_SECONDS / NODES):
                    return

    def run_pods(self):
        """What a kubelet says of its pods: those that are new run, those that are to go are gone."""
        while not self.is_over.wait(0.5):
            with contextlib.suppress(Refused, OSError, ValueError):
                pods = [pod for pod in self.api.list("/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded")
                        if pod["spec"].get("nodeName", "").startswith("fake-")]
                ended = [pod for pod in pods if "deletionTimestamp" in pod["metadata"]]
                begun = [pod for pod in pods if pod["status"].get("phase") == "Pending" and pod not in ended]
                self.each(self.end_pod, ended)
                self.each(self.begin_pod, begun)

    def end_pod(self, pod):
        self.api.delete(self.path(pod) + "?gracePeriodSeconds=0")

    def begin_pod(self, pod):
        number = self.names.index(pod["spec"]["nodeName"])
        address = f"10.{201 + number // 250}.{number % 250}.{abs(hash(pod['metadata']['name'])) % 254 + 1}"
        statuses = [{"name": one["name"], "ready": True, "restartCount": 0, "image": one["image"], "imageID": "",
                     "started": True, "state": {"running": {"startedAt": now()}}} for one in pod["spec"]["containers"]]
        self.api.patch(self.path(pod) + "/status", {"status": {
            "phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "startTime": now(),
            "containerStatuses": statuses, "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": now()} for kind in ("Ready", "ContainersReady")]}})

    @staticmethod
    def path(pod):
        return namespaced("v1", pod["metadata"]["namespace"], "pods", pod["metadata"]["name"])

    def fill(self):
        """Pods that somebody runs there."""
        with contextlib.suppress(Refused):
            self.api.raw("POST", "/api/v1/namespaces", json.dumps({"metadata": {"name": SPACE}}))
        # No pod is taken before there is an account for it.
        wait_for("an account in a new namespace",
                 lambda: self.api.find(namespaced("v1", SPACE, "serviceaccounts", "default")))

        def make(place):
            name, number = place
            body = {"apiVersion": "v1", "kind": "Pod",
                    "metadata": {"name": f"{name}-{number}", "labels": {"app": f"app-{number}"}},
                    "spec": {"nodeName": name, "containers": [{"name": "a", "image": "netsniff.test/none:1"}]}}
            self.api.raw("POST", namespaced("v1", SPACE, "pods"), json.dumps(body))

        self.each(make, [(name, number) for name in self.names for number in range(PODS_PER_NODE)])


def sensor_certificates(world):
    """Those of the sensors, as files."""
    folder = os.path.join(world.folder, "sensor-tls")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    data = world.api.get(namespaced("v1", SENSORS, "secrets", "netsniff-sensor-tls"))["data"]
    for name in ("ca.crt", "tls.crt", "tls.key"):
        with open(os.path.join(folder, name), "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(base64.b64decode(data[name]))
    return folder


def asked(world, since):
    """Requests of our own programs by verb, and how many of those that read were made by sensors or workers."""
    count = collections.Counter()
    for line in world.cluster.audit():
        user = line["user"]["username"]
        if line["requestReceivedTimestamp"] > since and user.startswith(f"system:serviceaccount:{SYSTEM}:"):
            count[(user.rsplit(":", 1)[1], line["verb"])] += 1
    return count


def scale(world):
    if not world.cluster.is_ours:
        raise Skipped("needs nodes that are none")
    if not os.path.exists(DRIVER):
        raise Skipped(f"no {os.path.relpath(DRIVER, ROOT)}: make e2e builds it")
    world.cluster.regrace(GRACE)
    leader = world.leader()
    process = world.cluster.processes(leader)[0]
    memory_before = idle.memory(process)
    with Crowd(world.api) as crowd:
        began = time.monotonic()
        crowd.fill()
        driver = subprocess.Popen(
            [DRIVER, "attend", "--operator", f"{leader['status']['podIP']}:9467", "--tls", sensor_certificates(world),
             "--count", str(NODES), "--prefix", "fake-", "--seconds", "600"], stdout=subprocess.PIPE, text=True)
        try:
            everywhere = NODES + len([one for one in world.api.list("/api/v1/nodes") if LABEL not in one["metadata"]["labels"]])

            def are_all_there():
                sensors = world.api.get(world.profile())["status"].get("sensors", {})
                return sensors.get("programmed", 0) >= everywhere

            wait_for(f"{everywhere} sensors are programmed", are_all_there, 300, 0.5)
            grown = time.monotonic() - began
            since, used = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()), idle.processor_seconds(process)
            at = time.monotonic()
            times = [world.change({"capture": {"bpfFilter": f"not port {20400 + number}"}}) for number in range(CHANGES)]
            length = time.monotonic() - at
            share = (idle.processor_seconds(process) - used) / length
            requests = asked(world, since)
            size = idle.memory(process)
        finally:
            driver.terminate()
            driver.wait()
    world.cluster.regrace(None)
    world.wait_installed(120)
    total = sum(requests.values())
    world.figures["scale"] = {
        "nodes": NODES, "pods": NODES * PODS_PER_NODE, "all_there_s": round(grown, 1), "change_max_s": round(max(times), 2),
        "change_median_s": round(sorted(times)[CHANGES // 2], 2), "requests": total,
        "requests_per_node_and_change": round(total / CHANGES / NODES, 3), "operator_mb": round(size / 1e6),
        "operator_before_mb": round(memory_before / 1e6), "operator_cpu": round(share, 2)}
    detail = (f"{NODES} nodes, {NODES * PODS_PER_NODE} pods: all there after {grown:.0f} s; a change everywhere in "
              f"{max(times):.1f} s; {total / CHANGES:.0f} requests a change; operator {size / 1e6:.0f} MB, {share:.2f} cores")
    if size > MEMORY_MAX:
        raise Failure(detail)
    return detail


STEPS = [("120 nodes", scale)]
