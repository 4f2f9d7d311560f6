"""The first five minutes: what somebody does who has just heard of it, each line with a limit."""
import contextlib
import os
import struct
import time

from cluster import Failure, wait_for
from world import GROUP, IMAGES, PART_OF, RELEASE, SENSORS, SHOP, SYSTEM, TAG, is_ready, namespaced

# Where the machine does something else as well, E2E_PATIENCE is how many times as long a step may take.
PATIENCE = float(os.environ.get("E2E_PATIENCE", "1"))
FIRST_FLOW_MAX, FOLLOW_MAX, TOP_MAX, EVENT_MAX, UNINSTALL_MAX = (PATIENCE * most for most in (30, 15, 15, 30, 90))
CHECKS_MIN = 12
INJECTION = "http://web/item?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users--"
PCAPNG = b"\x0a\x0d\x0d\x0a"
ENHANCED_PACKET, PACKETS_MIN = 6, 50


def open_shop(world):
    world.open_shop()
    return "web, cart and customers"


def is_named(record):
    return record.get("src.pod", "").startswith("customers-") and record.get("dst.pod", "").startswith("web-")


def install_and_see(world):
    """From the one command to the first flow with the names of pods on both ends."""
    began = time.monotonic()
    world.install()
    installed = time.monotonic() - began
    wait_for("a flow with pod names", lambda: any(map(is_named, world.records("flows", "--last", "200"))),
             max(120, FIRST_FLOW_MAX), 0.5)
    first = time.monotonic() - began
    world.figures["first_flow_s"] = round(first, 1)
    world.wait_installed()
    detail = f"helm {installed:.1f} s, first flow {first:.1f} s, all ready {time.monotonic() - began:.1f} s"
    if first > FIRST_FLOW_MAX:
        raise Failure(f"{detail}; at most {FIRST_FLOW_MAX:g} s")
    return detail


def doctor(world):
    said = world.netsniff("doctor", check=False)
    checks = [line for line in said.stdout.splitlines() if line.strip()]
    if said.returncode or len(checks) < CHECKS_MIN:
        raise Failure(f"exit code {said.returncode}: {said.stdout[-1500:]}{said.stderr[-300:]}")
    return f"{len(checks)} lines, exit code 0"


def follow(world):
    """A request that is made after the command began, as a line with its path and who asked."""
    mark = f"/item/follow-{world.run_name}"
    with world.following("http", "-A", "--follow", "-o", "jsonl") as lines:
        lines.until(lambda line: '"dst.pod"' in line, FOLLOW_MAX)
        began = time.monotonic()
        world.kubectl("-n", SHOP, "exec", "deploy/customers", "--", "/usr/bin/python3", "/shop.py", "get",
                      "http://web" + mark)
        asked = time.monotonic() - began
        took = lines.until(lambda line: mark in line and '"src.pod"' in line, FOLLOW_MAX)
    return f"a new request after {took:.1f} s ({asked:.1f} s of them kubectl exec)"


def top(world):
    """On a terminal, as a person has it: rows with the shop's pods, and `q` ends it."""
    began = time.monotonic()
    with world.terminal("top", "-n", SHOP) as screen:
        screen.until("web", TOP_MAX)
        took = time.monotonic() - began
        screen.press("q")
        code = screen.wait(10)
    if code:
        raise Failure(f"exit code {code}: {screen.text[-300:]}")
    return f"the shop on it after {took:.1f} s"


def packets_of(content):
    """How many packets a pcapng file has, and when the first was seen, in a file of nanoseconds in our byte order."""
    at, count, oldest = 0, 0, float("inf")
    while at + 28 <= len(content):
        kind, length = struct.unpack_from("<II", content, at)
        if kind == ENHANCED_PACKET:
            high, low = struct.unpack_from("<II", content, at + 12)
            count, oldest = count + 1, min(oldest, (high << 32 | low) / 1e9)
        at += max(length, 12)
    return count, oldest


def pcap(world):
    """Packets from before the command, with the names of pods in the file. Payload in clear is not kept unless asked."""
    path, began = os.path.join(world.folder, "web.pcapng"), time.time()
    said = world.netsniff("pcap", "deploy/web", "-n", SHOP, "--since", "1m", "-o", path, check=False)
    if said.returncode:
        raise Failure(f"exit code {said.returncode}: {said.stderr[-600:]}")
    with open(path, "rb") as file:
        content = file.read()
    pod = world.shop_pod("web")["metadata"]["name"].encode()
    count, oldest = packets_of(content)
    age = began - oldest
    if not content.startswith(PCAPNG) or count < PACKETS_MIN or pod not in content or age < 1:
        raise Failure(f"{len(content)} bytes, {count} packets, the oldest {age:.1f} s before, the pod's name {pod in content}")
    return f"{count} packets from {age:.0f} s before the command on, {pod.decode()} named"


def events_on(world, space, name):
    path = f"/apis/events.k8s.io/v1/namespaces/{space}/events"
    return [one for one in world.api.list(path) if one.get("regarding", {}).get("name") == name
            and one.get("reason") == "DetectionRaised"]


def rule_fires(world):
    world.kubectl("-n", SHOP, "exec", "deploy/customers", "--", "/usr/bin/python3", "/shop.py", "get", INJECTION)
    pods = [pod["metadata"]["name"] for pod in world.api.list(namespaced("v1", SHOP, "pods"))]
    took = wait_for("an Event on the pod", lambda: any(events_on(world, SHOP, pod) for pod in pods), EVENT_MAX, 0.2)
    rule = next((one for one in world.api.list(f"{GROUP}/detectionrules") if "sql" in one["metadata"]["name"]), {})
    alerts = rule.get("status", {}).get("alertCount")
    world.figures["event_s"] = round(took, 1)
    return f"Event after {took:.1f} s; alerts of {rule.get('metadata', {}).get('name')}: {alerts}"


def helm_test(world):
    world.helm("test", RELEASE, "--namespace", SYSTEM, "--timeout", "90s")
    return "passed"


def upgrade_and_back(world):
    before = {pod["metadata"]["uid"] for pod in world.pods("sensor")}
    world.install("--set", "commonLabels.stage=second")
    world.helm("rollback", RELEASE, "1", "--namespace", SYSTEM)
    took = world.wait_installed()
    kept = len(before & {pod["metadata"]["uid"] for pod in world.pods("sensor")})
    return f"ready {took:.1f} s after the rollback; {kept} of {len(before)} sensors kept"


LEFT_KINDS = (
    ("v1", SYSTEM, "configmaps"), ("v1", SYSTEM, "secrets"), ("v1", SYSTEM, "services"), ("v1", SYSTEM, "pods"),
    ("v1", SENSORS, "configmaps"), ("v1", SENSORS, "secrets"), ("v1", SENSORS, "pods"),
    ("apps/v1", SYSTEM, "deployments"), ("apps/v1", SYSTEM, "statefulsets"), ("apps/v1", SENSORS, "daemonsets"),
    ("networking.k8s.io/v1", SYSTEM, "networkpolicies"), ("networking.k8s.io/v1", SENSORS, "networkpolicies"),
    ("coordination.k8s.io/v1", SYSTEM, "leases"), ("rbac.authorization.k8s.io/v1", SYSTEM, "roles"))


def what_is_left(world):
    found = []
    for version, space, kind in LEFT_KINDS:
        found += [f"{kind}/{one['metadata']['name']}" for one in world.api.list(
            f"{namespaced(version, space, kind)}?{PART_OF}")]
    for kind in ("clusterroles", "clusterrolebindings"):
        found += [f"{kind}/{one['metadata']['name']}" for one in world.api.list(
            f"/apis/rbac.authorization.k8s.io/v1/{kind}?{PART_OF}")]
    found += [f"crd/{one['metadata']['name']}" for one in world.api.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
              if one["spec"]["group"] == "netsniff.io"]
    return found


def left_on_nodes(world):
    found = []
    for number in range(1, world.cluster.nodes + 1):
        folder = world.cluster.node("files", f"node-{number}").strip()
        for path, _, files in os.walk(os.path.join(folder, "netsniff")):
            found += [os.path.relpath(os.path.join(path, name), folder) for name in files]
        links = world.cluster.node("run", f"node-{number}", "ip", "-o", "link").splitlines()
        found += [line.split(":")[1].strip() for line in links if "netsniff" in line]
    return found


def uninstall(world):
    """No object, no finalizer, no interface, no file."""
    began = time.monotonic()
    world.helm("uninstall", RELEASE, "--namespace", SYSTEM, "--timeout", "120s")
    try:
        wait_for("nothing is left", lambda: not what_is_left(world), UNINSTALL_MAX, 0.5)
    except Failure:
        raise Failure(f"left: {', '.join(what_is_left(world)[:12])}") from None
    took = time.monotonic() - began
    if world.cluster.is_ours and (files := left_on_nodes(world)):
        raise Failure(f"left on nodes: {', '.join(files[:6])}")
    return f"nothing left after {took:.1f} s"


BEGIN = [("the shop opens", open_shop), ("install, first flow", install_and_see), ("doctor", doctor),
         ("http --follow", follow), ("top", top), ("pcap of the past", pcap), ("a rule fires", rule_fires)]
CHART = [("helm test", helm_test), ("upgrade and rollback", upgrade_and_back)]
END = [("uninstall", uninstall)]
