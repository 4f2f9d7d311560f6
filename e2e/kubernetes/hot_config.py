"""Many changes in a row under traffic: each at every sensor and worker in time, nothing lost by it, nothing restarted."""
import os

from cluster import Failure
from world import Run, restarts

CHANGES = int(os.environ.get("E2E_CHANGES", "100"))
P99_MAX = 5.0

# One thing after another, so that every change is one: depth, filter, limits.
VARIANTS = [
    {"payload": {"level": "Headers"}, "capture": {"bpfFilter": "not port 10250"}},
    {"payload": {"level": "None"}, "capture": {"bpfFilter": "not port 10250"}},
    {"payload": {"level": "Headers"}, "capture": {"bpfFilter": "not port 10250 and not port 10256"}},
    {"payload": {"level": "Metadata"}, "capture": {"bpfFilter": "not port 10250"}},
    {"budget": {"cpu": "900m"}},
    {"budget": {"cpu": "1"}},
]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def change_often(world):
    before = world.pods("sensor") + world.pods("worker")
    lost_before = world.lost()
    with Run(world, "hot", rate=40) as run:
        run.begin("http://web")
        times = []
        for number in range(CHANGES):
            # The number in the filter makes each one new, whatever came before.
            change = dict(VARIANTS[number % len(VARIANTS)])
            change["capture"] = {"bpfFilter": f"not port {20000 + number}"}
            times.append(world.change(change))
        # With headers again, the count of requests is by their paths.
        lost_packets = world.lost() - lost_before
    after = world.pods("sensor") + world.pods("worker")
    world.change({"payload": {"level": "Headers"}, "capture": {"bpfFilter": None}})
    p99 = percentile(times, 0.99)
    world.figures["hot_config_p99_s"] = round(p99, 2)
    detail = f"{CHANGES} changes: median {percentile(times, 0.5):.2f} s, p99 {p99:.2f} s, {lost_packets} lost"
    same = {pod["metadata"]["uid"] for pod in before} == {pod["metadata"]["uid"] for pod in after}
    if p99 > P99_MAX or lost_packets or not same or restarts(after) != restarts(before):
        raise Failure(f"{detail}; same pods {same}, restarts {restarts(before)} -> {restarts(after)}")
    return detail


STEPS = [("hot config", change_often)]
