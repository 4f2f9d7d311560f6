"""Who may see what: somebody with rights in one namespace sees its flows and no others; packets are a right of their own."""
import json
import os

from cluster import Failure, wait_for
from world import SHOP, SYSTEM, namespaced, pods_path

OTHER = "other"
CAPABILITIES = {"NET_RAW", "NET_ADMIN", "IPC_LOCK"}
REFUSED = 5
PERSON = """
apiVersion: v1
kind: Namespace
metadata: {name: OTHER}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: alice, namespace: OTHER}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: alice, namespace: SHOP}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: alice, namespace: OTHER}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: alice, namespace: SYSTEM}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: netsniff-user}
subjects: [{kind: ServiceAccount, name: alice, namespace: OTHER}]
"""


def somebody(world):
    """A kubeconfig of somebody who may view the shop's namespace, and who may reach the workers."""
    text = PERSON.replace("OTHER", OTHER).replace("SHOP", SHOP).replace("SYSTEM", SYSTEM)
    world.kubectl("apply", "-f", "-", text=text)
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
             "spec": {"audiences": None, "expirationSeconds": 3600}}
    answer = world.api.raw("POST", namespaced("v1", OTHER, "serviceaccounts", "alice/token"), json.dumps(asked))
    config = json.loads(world.kubectl("config", "view", "--raw", "--minify", "-o", "json").stdout)
    config["users"] = [{"name": "alice", "user": {"token": json.loads(answer)["status"]["token"]}}]
    config["contexts"][0]["context"] = {"cluster": config["clusters"][0]["name"], "user": "alice", "namespace": SHOP}
    path = os.path.join(world.folder, "alice.kubeconfig")
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump(config, file)
    return path


def own_namespace(world):
    """A's flows, nothing of B's, and a clear refusal for B's and for all."""
    alice = somebody(world)
    world.manifest("neighbours.yaml", SHOP=OTHER, NAME="stranger", NODE=world.api.list("/api/v1/nodes")[0]["metadata"]["name"],
                   ARGS='customers, "http://web.shop.svc.cluster.local", "5", stranger')
    wait_for("the stranger's requests are stored", lambda: world.stored("stranger") > 3)
    # Whose other end is in another namespace is still the shop's, for one end is; what is only the system's is not.
    said = world.netsniff("flows", "-n", SHOP, "--last", "400", "-o", "jsonl", kubeconfig=alice)
    records = [json.loads(line) for line in said.stdout.splitlines()]
    foreign = [one for one in records if SHOP not in (one.get("src.namespace"), one.get("dst.namespace"))]
    refused = {where: world.netsniff("flows", *words, "--last", "1", check=False, kubeconfig=alice)
               for where, words in (("system", ("-n", SYSTEM)), ("other", ("-n", OTHER)), ("all", ("-A",)))}
    world.api.delete(namespaced("v1", OTHER, "pods", "stranger") + "?gracePeriodSeconds=0")
    wrong = [where for where, done in refused.items() if done.returncode != REFUSED or done.stdout.strip()]
    if not records or foreign or wrong:
        raise Failure(f"{len(records)} records, {len(foreign)} foreign; not refused: "
                      + "; ".join(f"{where}: {refused[where].returncode} {refused[where].stderr[-200:]}" for where in wrong))
    return f"{len(records)} flows of her own namespace, refused elsewhere: {refused['all'].stderr.strip()[:90]}"


def no_packets(world):
    alice = os.path.join(world.folder, "alice.kubeconfig")
    said = world.netsniff("pcap", "deploy/web", "-n", SHOP, "--since", "1m", "-o", os.path.join(world.folder, "no.pcapng"),
                          check=False, kubeconfig=alice)
    if said.returncode != REFUSED:
        raise Failure(f"exit code {said.returncode}: {said.stderr[-300:]}")
    return said.stderr.strip().splitlines()[0][:110]


def bare_sensor(world):
    """No token, and exactly the capabilities that its features need, as the kernel has them."""
    pod = world.ready("sensor")[0]
    mounts = [one["mountPath"] for one in pod["spec"]["containers"][0].get("volumeMounts", [])]
    security = pod["spec"]["containers"][0]["securityContext"]
    added = set(security["capabilities"].get("add", []))
    problems = []
    if any("serviceaccount" in path for path in mounts):
        problems.append("a token is mounted")
    if security["capabilities"].get("drop") != ["ALL"] or not added <= CAPABILITIES or security.get("privileged"):
        problems.append(f"capabilities {security}")
    if not security.get("readOnlyRootFilesystem"):
        problems.append("its root can be written")
    kernel = "given cluster"
    if world.cluster.is_ours:
        with open(f"/proc/{world.cluster.processes(pod)[0]}/status", encoding="ascii") as file:
            kernel = next(line.split()[1] for line in file if line.startswith("CapEff"))
        wanted = sum({"NET_ADMIN": 1 << 12, "NET_RAW": 1 << 13, "IPC_LOCK": 1 << 14}[one] for one in added)
        if int(kernel, 16) != wanted:
            problems.append(f"the kernel says {kernel}")
    if problems:
        raise Failure("; ".join(problems))
    return f"{', '.join(sorted(added))} ({kernel.lstrip('0')})"


def audit(world):
    """Who had packets stands in the worker's log."""
    lines = [line for pod in world.api.list(pods_path(SYSTEM, "app.kubernetes.io%2Fcomponent%3Dworker"))
             for line in world.kubectl("-n", SYSTEM, "logs", pod["metadata"]["name"], check=False).stdout.splitlines()
             if "audit" in line.lower() or "packets" in line.lower()]
    if not lines:
        raise Failure("no line in the workers' logs")
    return lines[-1][:110]


STEPS = [("rights in one namespace", own_namespace), ("packets need their own right", no_packets),
         ("the sensor's pod is bare", bare_sensor), ("packets leave an audit line", audit)]
