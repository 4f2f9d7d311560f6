"""The cluster that the steps run on: one made for them, or the one that a kubeconfig names."""
import contextlib
import glob
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
SCRIPTS = os.path.join(ROOT, "e2e", "cluster")
WAIT_MAX = 120
MERGE, PATCH_JSON = "application/merge-patch+json", "application/json-patch+json"


class Failure(Exception):
    """A step cannot be carried on; the text says why."""

    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


class Skipped(Exception):
    """A step does not apply here; the text says why."""


class Refused(Failure):
    """The API server said no."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


def run(*words, check=True, text=None, environment=None, limit=600):
    done = subprocess.run(words, capture_output=True, text=True, input=text, env=environment, timeout=limit)
    if check and done.returncode:
        said = done.stderr.strip()[-800:] or done.stdout.strip()[-800:]
        raise Failure(f"{' '.join(words[:6])}: {said}", done.returncode)
    return done


def wait_for(what, condition, limit=WAIT_MAX, step=0.1):
    """Seconds until a condition holds."""
    began = time.monotonic()
    last = None
    while time.monotonic() - began < limit:
        with contextlib.suppress(OSError, ValueError, KeyError, IndexError, Refused, http.client.HTTPException):
            last = condition()
            if last:
                return time.monotonic() - began
        time.sleep(step)
    raise Failure(f"{what}: not within {limit} s" + (f" (last: {last})" if last is not None else ""))


class Api:
    """The API server as JSON, by way of `kubectl proxy`: whatever a kubeconfig asks for, kubectl does it."""

    def __init__(self, kubectl, kubeconfig):
        self.process = subprocess.Popen(
            [kubectl, "--kubeconfig", kubeconfig, "proxy", "--port=0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+)", self.process.stdout.readline())[1])

    def close(self):
        self.process.terminate()
        self.process.wait()

    def raw(self, method, path, body=None, kind="application/json", limit=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if body is not None else {})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status >= 300:
            raise Refused(answer.status, text[:400])
        return text

    def get(self, path):
        return json.loads(self.raw("GET", path))

    def find(self, path):
        """None when it is not there."""
        try:
            return self.get(path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def list(self, path):
        return self.get(path)["items"]

    def patch(self, path, change, kind=MERGE):
        return json.loads(self.raw("PATCH", path, json.dumps(change), kind))

    def delete(self, path):
        with contextlib.suppress(Refused):
            self.raw("DELETE", path)


class DirectApi(Api):
    """The same over one TLS connection a thread, as an administrator: many small requests cost little."""

    def __init__(self, folder):
        with open(os.path.join(folder, "admin.kubeconfig"), encoding="utf-8") as file:
            self.host = re.search(r'server: "https://([^"]+)"', file.read())[1]
        pki = os.path.join(folder, "pki")
        self.context = ssl.create_default_context(cafile=os.path.join(pki, "ca.crt"))
        self.context.load_cert_chain(os.path.join(pki, "admin.crt"), os.path.join(pki, "admin.key"))
        self.own = threading.local()

    def close(self):
        pass

    def raw(self, method, path, body=None, kind="application/json", limit=10):
        headers = {"Content-Type": kind} if body is not None else {}
        kept = getattr(self.own, "connection", None)
        if kept is not None:
            # The server may have closed it meanwhile; then it has not seen this request.
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.said(kept, method, path, body, headers)
        return self.said(
            http.client.HTTPSConnection(self.host, context=self.context, timeout=limit), method, path, body, headers)

    def said(self, connection, method, path, body, headers):
        self.own.connection = None
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        self.own.connection = connection
        if answer.status >= 300:
            raise Refused(answer.status, text[:400])
        return text


class Given:
    """Somebody's cluster: its nodes and its control plane are not ours to break."""

    is_ours = False

    def __init__(self, kubeconfig, kubectl, api=None):
        self.kubeconfig, self.kubectl = kubeconfig, kubectl
        self.api = api or Api(kubectl, kubeconfig)

    def import_images(self, archives):
        pass

    def break_it(self, *_):
        raise Skipped("needs a cluster of its own")

    node = control = processes = break_it

    def close(self):
        self.api.close()


class Own(Given):
    """One of namespaces on this machine (e2e/cluster), whose parts can be broken."""

    is_ours = True

    def __init__(self, nodes, kubectl, keep):
        made = run(os.path.join(SCRIPTS, "up.sh"), str(nodes))
        self.up = made.stderr.strip().splitlines()[-1]
        kubeconfig = made.stdout.strip().splitlines()[-1]
        self.folder, self.nodes, self.keep = os.path.dirname(kubeconfig), nodes, keep
        super().__init__(kubeconfig, kubectl, DirectApi(self.folder))

    def import_images(self, archives):
        run(os.path.join(SCRIPTS, "node.sh"), "import", "all", *archives)

    def node(self, verb, node, *words, check=True):
        return run(os.path.join(SCRIPTS, "node.sh"), verb, node.removeprefix("node-"), *words, check=check).stdout

    def control(self, verb, *parts):
        return run(os.path.join(SCRIPTS, "control.sh"), verb, *parts).stdout

    def regrace(self, length):
        """How long nodes may be silent; None as it was."""
        environment = {**os.environ, **({"NETSNIFF_NODE_GRACE": length} if length else {})}
        for verb in ("stop", "start"):
            run(os.path.join(SCRIPTS, "control.sh"), verb, "controllers", environment=environment)

    def processes(self, pod):
        """Ids of our program in a pod, as this machine knows them: what a pod runs is in control groups of its name."""
        mark = "pod" + pod["metadata"]["uid"]
        found = []
        for path in glob.glob("/proc/[0-9]*/cgroup"):
            with contextlib.suppress(OSError):
                with open(path, encoding="ascii") as file:
                    if mark not in file.read():
                        continue
                folder = os.path.dirname(path)
                with open(os.path.join(folder, "comm"), encoding="utf-8") as file:
                    if file.read().strip() != "pause":
                        found.append(int(os.path.basename(folder)))
        return found

    def signal(self, pod, number):
        for one in self.processes(pod):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)

    def kill(self, pod):
        self.signal(pod, signal.SIGKILL)

    def audit(self):
        """Lines of the API server's audit log: who wrote what."""
        with open(os.path.join(self.folder, "log", "audit"), encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    yield json.loads(line)

    def close(self):
        self.api.close()
        if not self.keep:
            run(os.path.join(SCRIPTS, "down.sh"), check=False)
