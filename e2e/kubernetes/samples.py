"""Every sample is taken, every broken object is refused or says which field is wrong, and the last good one stays in force."""
import json
import os

from cluster import ROOT, Failure, Refused, wait_for
from world import condition, namespaced

SPACE = "default"
PROFILES, RULES, SESSIONS = "captureprofiles", "detectionrules", "capturesessions"
KINDS = {PROFILES: "CaptureProfile", RULES: "DetectionRule", SESSIONS: "CaptureSession"}
WEB = {"podSelector": {"matchLabels": {"app": "web"}}}
EXPORT = {"name": "a", "type": "OTLP", "otlp": {"endpoint": "http://collector.test:4317"}}
PATTERN = {"type": "Pattern", "pattern": {"fields": ["http.uri"], "patterns": [{"name": "a", "literal": "x"}]}}


def detector(kind, **member):
    return {"condition": "http", "detector": {"type": kind, **member}}


def pattern(**changes):
    return {"detector": {"type": "Pattern", "pattern": {**PATTERN["pattern"], **changes}}}


# Kind, spec, and what a refusal or the condition's message must name.
BROKEN = [
    (PROFILES, {"scope": "Everywhere"}, "scope"),
    (PROFILES, {"targets": {"hostTraffic": "Include"}}, "hostTraffic"),
    (PROFILES, {"targets": {"namespaceSelector": {}}}, "namespaceSelector"),
    (PROFILES, {"targets": {"excludeCIDRs": ["10.0.0.0/99"]}}, "excludeCIDRs"),
    (PROFILES, {"payload": {"level": "Body"}, "redaction": {"mode": "Disabled"}}, "payload.level"),
    (PROFILES, {"payload": {"level": "Everything"}}, "level"),
    (PROFILES, {"payload": {"maxBodyBytes": -1}}, "maxBodyBytes"),
    (PROFILES, {"workers": {"minReplicas": 5, "maxReplicas": 2}}, "maxReplicas"),
    (PROFILES, {"capture": {"sampling": {"mode": "Flow"}}}, "oneIn"),
    (PROFILES, {"capture": {"bpfFilter": "-i eth0"}}, "bpfFilter"),
    (PROFILES, {"exports": [{**EXPORT, "filter": "http.status >"}]}, "filter"),
    (PROFILES, {"capture": {"snapLength": 3}}, "snapLength"),
    (PROFILES, {"capture": {"interfaces": {"include": ["/(/"]}}}, "include"),
    (PROFILES, {"protocols": [{"name": "Telepathy"}]}, "name"),
    (PROFILES, {"protocols": [{"name": "HTTP1", "plugin": "x"}]}, "plugin"),
    (PROFILES, {"protocols": [{"name": "HTTP1", "ports": [70000]}]}, "ports"),
    (PROFILES, {"exports": [{"name": "a", "type": "OTLP"}]}, "otlp"),
    (PROFILES, {"redaction": {"patterns": [{"name": "a", "regex": "("}]}}, "regex"),
    (PROFILES, {"budget": {"cpu": "much"}}, "cpu"),
    (PROFILES, {"storage": {"packetBuffer": {"size": "1Gi", "maxAge": "soon"}}}, "maxAge"),
    (RULES, {"detector": {"type": "Match"}}, "condition"),
    (RULES, {"condition": "http.status ==", "detector": {"type": "Match"}}, "condition"),
    (RULES, {"condition": "http.stattus == 500", "detector": {"type": "Match"}}, "condition"),
    (RULES, detector("Threshold"), "threshold"),
    (RULES, detector("Distinct"), "distinct"),
    (RULES, pattern(patterns=[{"name": "a", "literal": "x", "regex": "y"}]), "literal"),
    (RULES, pattern(patterns=[{"name": "a", "regex": "(unclosed"}]), "regex"),
    (RULES, pattern(fields=["http.nothing"]), "fields"),
    (RULES, {"detector": PATTERN, "mode": "Shadow", "actions": [{"name": "a", "type": "Capture"}]}, "actions"),
    (RULES, {"detector": PATTERN, "actions": [{"name": "a", "type": "Webhook"}]}, "webhook"),
    (RULES, {"detector": PATTERN, "severity": "Awful"}, "severity"),
    (RULES, {"detector": PATTERN, "match": {"from": {"cidrs": ["10.0.0.0/8"], "podSelector": {}}}}, "cidrs"),
    (RULES, {"detector": PATTERN, "tests": [{"name": "a", "expect": "Alert", "records": [{"http.uri": "nothing"}]}]}, "tests"),
    (RULES, {"detector": PATTERN, "exceptions": [{"name": "a", "condition": "((", "reason": "b"}]}, "exceptions"),
    (SESSIONS, {"target": {"podSelector": {}, "podNames": ["a"]}}, "podSelector"),
    (SESSIONS, {"target": WEB, "bpfFilter": "-w file"}, "bpfFilter"),
    (SESSIONS, {"target": WEB, "filter": "http.status >"}, "filter"),
    (SESSIONS, {"target": WEB, "output": {"type": "S3"}}, "s3"),
]


def samples(world):
    """The repository's own examples: the server takes them, and the operator looks at each."""
    folder = os.path.join(ROOT, "crds", "examples")
    said = world.kubectl("apply", "-f", folder).stdout
    try:
        for kind in (PROFILES, RULES):
            def are_seen(kind=kind):
                found = world.api.list(namespaced("netsniff.io/v1alpha1", SPACE, kind))
                return found and all(
                    (condition(one, "Accepted") or {}).get("status") in ("True", "False") for one in found)

            wait_for(f"{kind} are looked at", are_seen, 30)
        states = [f"{one['metadata']['name']} {condition(one, 'Accepted')['reason']}" for kind in (PROFILES, RULES)
                  for one in world.api.list(namespaced("netsniff.io/v1alpha1", SPACE, kind))]
    finally:
        world.kubectl("delete", "-f", folder, "--wait=false", check=False)
    return f"{len(said.splitlines())} taken: {', '.join(states)}"


def verdict(world, number, kind, spec, field):
    """None when it was refused as it should be, else what was wrong about that."""
    name = f"broken-{number}"
    path = namespaced("netsniff.io/v1alpha1", SPACE, kind)
    if kind == RULES:
        spec = {"severity": "Low", **spec}
    body = {"apiVersion": "netsniff.io/v1alpha1", "kind": KINDS[kind], "metadata": {"name": name}, "spec": spec}
    try:
        world.api.raw("POST", path, json.dumps(body))
    except Refused as refused:
        return None if field in str(refused) else f"{kind} {spec}: refused without {field}: {refused}"
    said = []

    def is_refused():
        """Accepted of profiles and rules; a session says it where it says how it ended."""
        said[:] = world.api.get(f"{path}/{name}").get("status", {}).get("conditions", [])
        return any(one["status"] == "False" and field in one["message"] for one in said)

    try:
        wait_for("a refusal", is_refused, 10)
        return None
    except Failure:
        what = "; ".join(f"{one['type']} {one['status']} {one['message'][:60]}" for one in said)
        return f"{KINDS[kind]} {json.dumps(spec)}: {what or 'nothing said'}"
    finally:
        world.api.delete(f"{path}/{name}")


def broken(world):
    wrong = [problem for number, case in enumerate(BROKEN) if (problem := verdict(world, number, *case))]
    if wrong:
        raise Failure(f"{len(wrong)} of {len(BROKEN)}: " + " | ".join(wrong))
    return f"{len(BROKEN)} refused or Accepted=False with the field"


def last_good(world):
    """A profile that turns bad: said so, and sensors go on with what they run."""
    world.change({"capture": {"bpfFilter": "not port 20300"}})
    before = world.api.get(world.profile())["status"].get("configRevision")
    # No server can know that this filter is none.
    world.api.patch(world.profile(), {"spec": {"exports": [{**EXPORT, "filter": "http.status >"}]}})
    wait_for("it is not accepted", lambda: condition(world.api.get(world.profile()), "Accepted")["status"] == "False", 20)
    ready = len(world.ready("sensor"))
    after = world.api.get(world.profile())["status"].get("configRevision")
    took = world.change({"exports": None, "capture": {"bpfFilter": "not port 20301"}})
    if before != after or ready != world.node_count():
        raise Failure(f"revision {before} became {after}; {ready} sensors ready")
    return f"revision {before} stayed; mended in {took:.1f} s"


STEPS = [("samples are taken", samples), ("broken objects name the field", broken), ("the last good profile stays", last_good)]
