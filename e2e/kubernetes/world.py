"""What the steps talk to: an installation of the chart, its pods, the plugin, and a shop whose requests are counted."""
import contextlib
import fcntl
import json
import os
import pty
import queue
import re
import select
import struct
import subprocess
import termios
import threading
import time

from cluster import HERE, ROOT, WAIT_MAX, Failure, run, wait_for

SYSTEM, SENSORS, SHOP = "netsniff-system", "netsniff-sensors", "shop"
RELEASE = "netsniff"
GROUP = "/apis/netsniff.io/v1alpha1"
IMAGES = os.environ.get("NETSNIFF_IMAGES", "netsniff.test")
TAG = os.environ.get("NETSNIFF_TAG", "e2e")
PART_OF = "labelSelector=app.kubernetes.io%2Fpart-of%3Dnetsniff"
HEALTH = 9464


def namespaced(version, space, kind, name=""):
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    return f"{root}/namespaces/{space}/{kind}" + (f"/{name}" if name else "")


def pods_path(space, selector=""):
    return namespaced("v1", space, "pods") + (f"?labelSelector={selector}" if selector else "")


def is_ready(pod):
    return "deletionTimestamp" not in pod["metadata"] and any(
        one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))


def condition(thing, kind):
    return next((one for one in thing.get("status", {}).get("conditions", []) if one["type"] == kind), None)


def restarts(pods):
    return sum(one["restartCount"] for pod in pods for one in pod["status"].get("containerStatuses", []))


class Lines:
    """What a program says, line by line, with an end to one's patience."""

    def __init__(self, process):
        self.process, self.lines = process, queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def until(self, wanted, limit):
        """Seconds until a line that is wanted."""
        began = time.monotonic()
        while (left := limit - (time.monotonic() - began)) > 0:
            with contextlib.suppress(queue.Empty):
                line = self.lines.get(timeout=left)
                if line is None:
                    raise Failure(f"{self.process.args[1:4]} ended: {self.process.stderr.read()[-400:]}")
                if wanted(line):
                    return time.monotonic() - began
        raise Failure(f"{self.process.args[1:4]}: not the line within {limit} s")


class Screen:
    """A program on a terminal of its own."""

    def __init__(self, words, environment, rows=40, columns=140):
        self.text = ""
        self.process, self.terminal = None, -1
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
                                        start_new_session=True)
        os.close(theirs)
        self.terminal = ours

    def read(self, limit):
        if select.select([self.terminal], [], [], limit)[0]:
            with contextlib.suppress(OSError):  # the other end is closed
                self.text += os.read(self.terminal, 65536).decode(errors="replace")

    def until(self, wanted, limit):
        end = time.monotonic() + limit
        while wanted not in self.text:
            if time.monotonic() > end or self.process.poll() is not None:
                raise Failure(f"no {wanted} on the screen within {limit} s: {self.text[-600:]!r}")
            self.read(0.2)

    def press(self, key):
        os.write(self.terminal, key.encode())

    def wait(self, limit):
        end = time.monotonic() + limit
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.1)
        return self.process.poll()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.terminal)


class World:
    def __init__(self, cluster, helm, chart, folder):
        self.cluster, self.api, self.helm_program, self.chart, self.folder = cluster, cluster.api, helm, chart, folder
        self.run_name = format(int(time.time()) % 46656, "x")
        bin_folder = os.path.join(folder, "bin")
        os.makedirs(bin_folder, exist_ok=True)
        for name, target in (("kubectl-netsniff", os.path.join(ROOT, "bin", "netsniff")), ("kubectl", cluster.kubectl)):
            path = os.path.join(bin_folder, name)
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
            os.symlink(target, path)
        self.environment = {**os.environ, "KUBECONFIG": cluster.kubeconfig, "NO_COLOR": "1",
                            "PATH": bin_folder + os.pathsep + os.environ["PATH"]}
        self.figures, self.chaos = {}, []

    # Programs

    def kubectl(self, *words, check=True, text=None, limit=180):
        return run("kubectl", *words, check=check, text=text, environment=self.environment, limit=limit)

    def helm(self, *words, check=True, limit=300):
        return run(self.helm_program, *words, check=check, environment=self.environment, limit=limit)

    def netsniff(self, *words, check=True, limit=60, kubeconfig=None):
        """The plugin, as a user calls it."""
        environment = {**self.environment, **({"KUBECONFIG": kubeconfig} if kubeconfig else {})}
        return run("kubectl", "netsniff", *words, check=check, environment=environment, limit=limit)

    @contextlib.contextmanager
    def following(self, *words):
        process = subprocess.Popen(
            ["kubectl", "netsniff", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self.environment)
        try:
            yield Lines(process)
        finally:
            process.terminate()
            process.wait()

    @contextlib.contextmanager
    def terminal(self, *words):
        screen = Screen(["kubectl", "netsniff", *words], {**self.environment, "TERM": "xterm-256color"})
        try:
            yield screen
        finally:
            screen.close()

    def records(self, kind, *words):
        """Records as the plugin gives them; none while it cannot."""
        done = self.netsniff(kind, "-A", "-o", "jsonl", *words, check=False)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def sql(self, text):
        return [line.split(",") for line in self.netsniff("sql", text, "-o", "csv").stdout.strip().splitlines()[1:]]

    def manifest(self, name, **words):
        with open(os.path.join(HERE, "manifests", name), encoding="utf-8") as file:
            text = file.read()
        for key, value in {"SHOP": SHOP, "IMAGE": f"{IMAGES}/shop:{TAG}", **words}.items():
            text = re.sub(rf"\b{key}\b", str(value), text)
        self.kubectl("apply", "-f", "-", text=text)

    # The installation

    def install(self, *words):
        values = os.path.join(HERE, "values.yaml")
        self.helm("upgrade", "--install", RELEASE, self.chart, "--namespace", SYSTEM, "--create-namespace", "--values",
                  values, "--set", f"image.registry={IMAGES},image.tag={TAG}", *words)

    def pods(self, component):
        space = SENSORS if component == "sensor" else SYSTEM
        return self.api.list(pods_path(space, f"app.kubernetes.io%2Fcomponent%3D{component}"))

    def ready(self, component):
        return [pod for pod in self.pods(component) if is_ready(pod)]

    def node_count(self):
        return len(self.api.list("/api/v1/nodes"))

    def wait_installed(self, limit=120):
        """Seconds until every part is there: two operators, a sensor on each node, the workers."""
        nodes = self.node_count()
        return wait_for("operator, sensors and workers are ready", lambda: len(self.ready("operator")) >= 2
                        and len(self.ready("sensor")) == nodes and len(self.ready("worker")) >= 1, limit)

    def sensor_on(self, node):
        return [pod for pod in self.pods("sensor") if pod["spec"]["nodeName"] == node][0]

    def leader(self):
        lease = self.api.get(namespaced("coordination.k8s.io/v1", SYSTEM, "leases", f"{RELEASE}-operator"))
        holder = lease["spec"].get("holderIdentity") or ""
        return next((pod for pod in self.pods("operator") if holder.startswith(pod["metadata"]["name"])), None)

    def profile(self, name="default"):
        return namespaced("netsniff.io/v1alpha1", SYSTEM, "captureprofiles", name)

    def is_programmed(self, profile, generation):
        state = condition(self.api.get(profile), "Programmed")
        return state is not None and state["status"] == "True" and state.get("observedGeneration", 0) >= generation

    def change(self, spec, limit=60, profile=None):
        """Changes the profile; seconds until every sensor and worker runs it."""
        profile = profile or self.profile()
        began = time.monotonic()
        generation = self.api.patch(profile, {"spec": spec})["metadata"]["generation"]
        wait_for(f"generation {generation} is programmed", lambda: self.is_programmed(profile, generation), limit, 0.02)
        return time.monotonic() - began

    # Figures of the programs themselves

    def page(self, pod, page="metrics"):
        path = namespaced("v1", pod["metadata"]["namespace"], "pods", f"{pod['metadata']['name']}:{HEALTH}")
        return self.api.raw("GET", f"{path}/proxy/{page}")

    def metric(self, pod, pattern):
        """The sum over all lines that begin so."""
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.page(pod).splitlines() if re.match(pattern, line))

    def lost(self):
        """Packets and records that sensors and workers say they lost."""
        return int(sum(self.metric(pod, r'netsniff_ledger_total\{[^}]*loss="true"')
                       for component in ("sensor", "worker") for pod in self.ready(component)))

    def waiting(self):
        return sum(self.metric(pod, r'netsniff_ledger_total\{stage="spool",what="records waiting"')
                   for pod in self.ready("sensor"))

    # The shop

    def open_shop(self, rate=20):
        self.manifest("shop.yaml", RATE=rate, RUN=self.run_name)
        wait_for("the shop is open", lambda: self.answered() > 0)

    def answered(self):
        """Requests that customers had answers to."""
        pod = [one for one in self.api.list(pods_path(SHOP, "app%3Dcustomers")) if is_ready(one)][0]
        said = self.kubectl("-n", SHOP, "logs", pod["metadata"]["name"], "--tail=1", check=False).stdout.split()
        return int(said[3]) if len(said) == 4 else 0

    def shop_pod(self, app):
        return [pod for pod in self.api.list(pods_path(SHOP, f"app%3D{app}")) if is_ready(pod)][0]

    def close_shop(self):
        """Lets the customers go home; how many requests were answered to them."""
        self.kubectl("-n", SHOP, "scale", "deployment/customers", "--replicas=0")

    def stored(self, run_name):
        """Different requests of a run that the workers have; none while they cannot be asked."""
        with contextlib.suppress(Failure):
            rows = self.sql(f"SELECT count(DISTINCT uri) FROM http WHERE uri LIKE '/item/{run_name}-%'")
            return int(rows[0][0]) if rows else 0
        return 0


class Run:
    """Requests of known number over a time, and how many of those answered no worker knows of."""

    def __init__(self, world, name, rate=20):
        self.world, self.name, self.rate = world, name, rate
        self.pods = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pod in self.pods:
            self.world.api.delete(namespaced("v1", SHOP, "pods", pod) + "?gracePeriodSeconds=0")

    def begin(self, url="http://cart:8080", node=None):
        """Customers that end when told; those of a node know its server by address."""
        pod = f"run-{self.name}-{len(self.pods)}"
        self.pods.append(pod)
        arguments = ", ".join(json.dumps(str(word)) for word in ("customers", url, self.rate, f"{pod}x{self.world.run_name}"))
        self.world.manifest("neighbours.yaml", NAME=pod, NODE=node or self.world.api.list("/api/v1/nodes")[0]["metadata"]["name"],
                            ARGS=arguments)
        wait_for(f"{pod} has answers", lambda: self.said(pod)[1] > 0)

    def said(self, pod):
        """Asked and answered so far."""
        words = self.world.kubectl("-n", SHOP, "logs", pod, "--tail=1", check=False).stdout.split()
        return (int(words[1]), int(words[3])) if len(words) == 4 else (0, 0)

    def end(self):
        """Lost: answered, and no worker has it, once nothing waits any more."""
        answered = {}
        for pod in self.pods:
            answered[pod] = self.said(pod)[1]
        lost = 0
        for pod, count in answered.items():
            run_name = f"{pod}x{self.world.run_name}"
            with contextlib.suppress(Failure):
                wait_for(f"{count} of {pod} are stored", lambda: self.world.stored(run_name) >= count, WAIT_MAX, 1)
            lost += max(0, count - self.world.stored(run_name))
        return sum(answered.values()), lost
