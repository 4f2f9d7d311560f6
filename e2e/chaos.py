#!/usr/bin/env python3
"""Breaks sensors and workers, real processes in network namespaces, and counts what is left.  Root; `make chaos`.

    chaos.py [--netsniff FILE] [--rate CONNECTIONS-PER-SECOND] [--quick] [CASE ...]

In each case connections of known number pass a sensor, which ships to one worker or more over a link of its own, while
something goes wrong. Afterwards: what the sensor's spool took (`produced`), what the stores hold (`stored`), how many of
those are there twice, and how long until records arrived again after the fault was over. A case fails when a record is
missing that no counter explains, when one is doubled, or when recovery takes longer than five seconds."""
import argparse
import collections
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RECOVERY_MAX = 5.0
WAIT_MAX = 90
INGEST, QUERY, HEALTH = 9466, 9566, 9666
SENSOR_HEALTH = 9464
KINDS = ("flow", "http")


class Failure(Exception):
    """A case cannot be carried on; the text says why."""


def run(*words, check=True):
    done = subprocess.run(words, capture_output=True, text=True)
    if check and done.returncode:
        raise Failure(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def wait_for(what, condition, limit=WAIT_MAX, step=0.05):
    """Seconds until a condition holds."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        with contextlib.suppress(OSError, ValueError, KeyError):  # it is only just starting
            if condition():
                return time.monotonic() - began
        time.sleep(step)
    raise Failure(f"{what}: not within {limit} s")


class World:
    """Three namespaces in a row: sender - sensor - workers."""

    def __init__(self, netsniff, folder):
        self.netsniff, self.folder = netsniff, folder
        tag = os.getpid()
        self.sender, self.sensing, self.working = (f"nschaos-{name}-{tag}" for name in ("sender", "sensor", "worker"))
        self.processes = []
        self.mounts = []

    def __enter__(self):
        for space in (self.sender, self.sensing, self.working):
            run("ip", "netns", "add", space)
            run("ip", "-n", space, "link", "set", "lo", "up")
        run("ip", "link", "add", "wire", "netns", self.sender, "type", "veth", "peer", "name", "wire", "netns", self.sensing)
        run("ip", "link", "add", "ship", "netns", self.sensing, "type", "veth", "peer", "name", "ship", "netns", self.working)
        for space in (self.sender, self.sensing):
            self.within(space, "sysctl", "-qw", "net.ipv6.conf.wire.disable_ipv6=1")
            run("ip", "-n", space, "link", "set", "wire", "arp", "off", "up")
        run("ip", "-n", self.sensing, "addr", "add", "10.88.0.1/24", "dev", "ship")
        run("ip", "-n", self.working, "addr", "add", "10.88.0.2/24", "dev", "ship")
        for space in (self.sensing, self.working):
            run("ip", "-n", space, "link", "set", "ship", "up")
        names = ["sensor"] + [f"w{number},10.88.0.2" for number in range(3)]
        run(self.netsniff, "certificates", self.path("tls"), *names)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        for mount in reversed(self.mounts):
            run("umount", "-l", mount, check=False)
        for space in (self.sender, self.sensing, self.working):
            run("ip", "netns", "del", space, check=False)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def within(self, space, *words):
        return run("ip", "netns", "exec", space, *words)

    def start(self, space, log, *words, environment=None):
        """A process in a namespace; what is returned is the process itself, for `ip netns exec` becomes it."""
        with open(self.path(log), "ab") as out:
            process = subprocess.Popen(
                ["ip", "netns", "exec", space, *words], stdout=subprocess.PIPE, stderr=out, stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})})
        self.processes.append(process)
        return process

    def small_disk(self, name, mebibytes):
        """A file system of its own that is soon full: an image in a file, for a kill must not lose what was written."""
        image, folder = self.path(name + ".img"), self.path(name)
        run("truncate", "-s", f"{mebibytes}M", image)
        run("mkfs.ext4", "-q", "-F", image)
        os.makedirs(folder, exist_ok=True)
        run("mount", "-o", "loop", image, folder)
        self.mounts.append(folder)
        return folder


class Part:
    """A sensor or a worker that can be ended and started again."""

    def __init__(self, world, name, space, health):
        self.world, self.name, self.space, self.health = world, name, space, health
        self.process = None

    def start(self):
        self.process = self.world.start(self.space, self.name + ".log", *self.words(), environment=self.environment())

    def environment(self):
        return {}

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(timeout=WAIT_MAX)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end within {WAIT_MAX} s of SIGTERM") from None

    def is_ready(self):
        return self.ask("readyz") is not None

    def ask(self, page):
        """A page of the health port, from within the namespace; None when it is not what it should be."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.space, "curl", "-sf", "-m", "2", f"http://127.0.0.1:{self.health}/{page}"],
            capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def ledger(self):
        """(stage, reason) -> count."""
        page = self.ask("debug/vars")
        if page is None:
            raise OSError("no answer")
        return {(line["stage"], line["what"]): line["count"] for line in json.loads(page)["ledger"]}


class Worker(Part):
    def __init__(self, world, number, folder=None):
        super().__init__(world, f"w{number}", world.working, HEALTH + number)
        self.number = number
        self.folder = folder or world.path(self.name)
        self.extra = {}

    def words(self):
        return [
            self.world.netsniff, "worker", "--name", self.name, "--data", self.folder,
            "--tls", self.world.path("tls", self.name), "--listen", f"10.88.0.2:{INGEST + self.number}",
            "--query", f"10.88.0.2:{QUERY + self.number}", "--health", f"127.0.0.1:{self.health}"]

    def environment(self):
        return self.extra

    @property
    def member(self):
        return f"{self.name}=10.88.0.2:{INGEST + self.number}"

    def sql(self, text):
        tls = self.world.path("tls", "sensor")
        out = self.world.within(
            self.space, self.world.netsniff, "sql", text, "--server", f"10.88.0.2:{QUERY + self.number}",
            "--ca", f"{tls}/ca.crt", "--cert", f"{tls}/tls.crt", "--key", f"{tls}/tls.key", "-o", "csv")
        return [line.split(",") for line in out.strip().splitlines()[1:]]


class Sensor(Part):
    def __init__(self, world, folder=None):
        super().__init__(world, "sensor", world.sensing, SENSOR_HEALTH)
        self.folder = folder or world.path("spool")
        self.members = world.path("workers")
        self.more = []

    def words(self):
        return [
            self.world.netsniff, "sensor", "-i", "wire", "--node", "node-a", "--spool", self.folder,
            "--tls", self.world.path("tls", "sensor"), "--workers-file", self.members,
            "--health", f"127.0.0.1:{self.health}", *self.more]

    def follow(self, *workers):
        with open(self.members + ".new", "w", encoding="ascii") as file:
            file.write("".join(worker.member + "\n" for worker in workers))
        os.replace(self.members + ".new", self.members)

    def spool(self, reason):
        return self.ledger()[("spool", reason)]

    def is_capturing(self):
        return self.ledger()[("decode", "in")] > 0


Result = collections.namedtuple("Result", "name produced stored lost doubled recovery detail")


class Case:
    """One fault: `break_it` is called while connections pass, and says how long recovery took."""

    def __init__(self, world, name, rate, seconds, workers=1, disks=None):
        disks = disks or {}
        self.world, self.name, self.rate, self.seconds = world, name, rate, seconds
        self.workers = [Worker(world, number, disks.get(f"w{number}")) for number in range(workers)]
        self.sensor = Sensor(world, disks.get("spool"))
        self.recoveries = []

    def run(self, break_it):
        self.sensor.follow(*self.workers)
        for worker in self.workers:
            worker.start()
        for worker in self.workers:
            wait_for(f"{worker.name} is ready", worker.is_ready)
        self.sensor.start()
        wait_for("the sensor is ready", self.sensor.is_ready)
        sender = self.world.start(
            self.world.sender, "sender.log", sys.executable, f"{HERE}/connections.py", "wire", str(self.rate),
            str(self.seconds))
        time.sleep(2)
        detail = break_it(self)
        time.sleep(2)
        if sender.poll() is None:
            sender.terminate()
        sent = int(sender.communicate(timeout=WAIT_MAX)[0])
        wait_for("the spool is empty", lambda: self.sensor.spool("records waiting") == 0)
        self.sensor.stop()
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.stop()
        return self.count(sent, detail)

    def arrival(self):
        """Waits until records arrive again; what that took is a recovery."""
        before = self.arrived()
        self.recoveries.append(wait_for("records arrive again", lambda: self.arrived() > before))

    def arrived(self):
        return self.sensor.spool("records acknowledged")

    def count(self, sent, detail):
        """The account, from the sensor's own last words and from stores that are asked anew."""
        with open(self.world.path("sensor.log"), encoding="utf-8") as log:
            words = log.read()
        spool = re.findall(r"^netsniff: spool: (.*)$", words, re.M)[-1]
        number = lambda reason: int((re.search(reason + r" (\d+)", spool) or [0, 0])[1])
        produced = number("records acknowledged") + number("records waiting") + number("records given up to make room")
        stored, distinct = 0, 0
        for worker in self.workers:
            if not os.path.isdir(worker.folder):
                continue
            worker.start()
            wait_for(f"{worker.name} is ready", worker.is_ready)
        keys = collections.Counter()
        for worker in self.workers:
            for kind in KINDS:
                for row in worker.sql(f"SELECT src_ip, src_port, time, count(*) FROM {kind} GROUP BY ALL"):
                    keys[(kind, *row[:3])] += int(row[3])
        for worker in self.workers:
            worker.stop()
        stored = sum(keys.values())
        doubled = stored - len(keys)
        return Result(
            self.name, produced, stored, produced - (stored - doubled), doubled,
            max(self.recoveries, default=0.0), f"{sent} connections{'; ' + detail if detail else ''}")


def kill_sensor(case):
    for _ in range(3):
        case.sensor.kill()
        case.sensor.start()
        case.recoveries.append(wait_for("the sensor captures", case.sensor.is_capturing))
        time.sleep(2)


def kill_worker(case):
    for _ in range(3):
        case.workers[0].kill()
        case.workers[0].start()
        case.arrival()
        time.sleep(2)


def kill_both(case):
    for _ in range(2):
        case.workers[0].kill()
        case.sensor.kill()
        case.workers[0].start()
        case.sensor.start()
        case.recoveries.append(wait_for("the sensor captures", case.sensor.is_capturing))
        case.arrival()
        time.sleep(2)


def stop_worker(case):
    case.workers[0].signal(signal.SIGSTOP)
    time.sleep(20)
    case.workers[0].signal(signal.SIGCONT)
    case.arrival()


def stop_sensor(case):
    case.sensor.signal(signal.SIGSTOP)
    time.sleep(20)
    case.sensor.signal(signal.SIGCONT)
    case.arrival()


def cut_link(case):
    run("ip", "-n", case.world.sensing, "link", "set", "ship", "down")
    time.sleep(30)
    run("ip", "-n", case.world.sensing, "link", "set", "ship", "up")
    case.arrival()


def fill_disk(folder):
    """Leaves no room; returns the file that takes it."""
    path = os.path.join(folder, "filler")
    subprocess.run(["dd", "if=/dev/zero", f"of={path}", "bs=1M"], capture_output=True, check=False)
    return path


def fill_worker(case):
    filler = fill_disk(case.workers[0].folder)
    time.sleep(10)
    os.remove(filler)
    case.arrival()


def fill_spool(case):
    """The worker is away too, so that there is something to keep, and no room to keep it in."""
    case.workers[0].signal(signal.SIGSTOP)
    filler = fill_disk(case.sensor.folder)
    time.sleep(10)
    os.remove(filler)
    case.workers[0].signal(signal.SIGCONT)
    case.arrival()
    ledger = case.sensor.ledger()
    refused = sum(count for (stage, reason), count in ledger.items() if stage == "export" and "spool" in reason
                  and reason != "records spooled")
    return f"{refused} refused and counted"


def add_and_remove(case):
    """A second worker comes, the first leaves in order, comes back, and the second is killed for good."""
    first, second = case.workers
    case.sensor.follow(first)
    second.stop()
    time.sleep(2)
    second.start()
    wait_for("the second worker is ready", second.is_ready)
    case.sensor.follow(first, second)
    time.sleep(4)
    case.sensor.follow(second)
    first.stop()
    case.arrival()
    time.sleep(3)
    first.start()
    wait_for("the first worker is ready", first.is_ready)
    case.sensor.follow(first, second)
    time.sleep(3)
    second.kill()
    case.sensor.follow(first)
    case.arrival()
    time.sleep(3)
    second.start()
    wait_for("the second worker is back", second.is_ready)
    case.sensor.follow(first, second)
    time.sleep(3)


def step_clock(case):
    """The worker's clock goes two hours back and one day on; its packets' times stay as they are."""
    clock = case.world.path("clock")
    for step in ("-2h", "+1d", "+0"):
        with open(clock + ".new", "w", encoding="ascii") as file:
            file.write(step + "\n")
        os.replace(clock + ".new", clock)
        case.arrival()
        time.sleep(3)


def terminate(case):
    """SIGTERM to both under load, sensor first, and both start again."""
    case.sensor.stop()
    case.workers[0].stop()
    case.workers[0].start()
    case.sensor.start()
    case.recoveries.append(wait_for("the sensor captures", case.sensor.is_capturing))
    case.arrival()


# Name: what happens, seconds of traffic at most, workers, disks of their own.
CASES = {
    "kill -9 the sensor": (kill_sensor, 60, 1, {}),
    "kill -9 the worker": (kill_worker, 60, 1, {}),
    "kill -9 both": (kill_both, 60, 1, {}),
    "worker stopped for 20 s": (stop_worker, 60, 1, {}),
    "sensor stopped for 20 s": (stop_sensor, 60, 1, {}),
    "link down for 30 s": (cut_link, 70, 1, {}),
    "worker's disk full": (fill_worker, 60, 1, {"w0": 256}),
    "spool's disk full": (fill_spool, 60, 1, {"spool": 64}),
    "workers come and go": (add_and_remove, 90, 2, {}),
    "worker's clock steps": (step_clock, 60, 1, {}),
    "SIGTERM under load": (terminate, 60, 1, {}),
}


def carry_out(netsniff, name, rate):
    what, seconds, workers, disks = CASES[name]
    with tempfile.TemporaryDirectory(prefix="netsniff-chaos-") as folder, World(netsniff, folder) as world:
        try:
            folders = {part: world.small_disk(f"disk-{part}", size) for part, size in disks.items()}
            case = Case(world, name, rate, seconds, workers, folders)
            if what is step_clock:
                with open(world.path("clock"), "w", encoding="ascii") as file:
                    file.write("+0\n")
                case.workers[0].extra = fake_clock(world.path("clock"))
            return case.run(what)
        except Failure as problem:
            for log in ("sensor.log", "w0.log", "w1.log"):
                if os.path.exists(world.path(log)):
                    with open(world.path(log), encoding="utf-8") as file:
                        print("".join(f"    {log}: {line}" for line in file.readlines()[-6:]), end="", file=sys.stderr)
            return Result(name, 0, 0, 0, 0, 0.0, f"FAILED: {problem}")


def fake_clock(path):
    library = next(iter(run("sh", "-c", "ls /usr/lib/*/faketime/libfaketimeMT.so.1").split()))
    return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": path, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def is_good(result):
    return result.produced > 0 and result.lost == 0 and result.doubled == 0 and result.recovery <= RECOVERY_MAX


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--netsniff", default=os.path.join(HERE, "..", "bin", "netsniff"))
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--quick", action="store_true", help="the cases that wait for nothing")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("chaos.py: root is needed for network namespaces")
    quick = [name for name in CASES if "20 s" not in name and "30 s" not in name]
    names = options.cases or (quick if options.quick else list(CASES))
    netsniff = os.path.realpath(options.netsniff)
    form = "{:<26} {:>9} {:>9} {:>6} {:>8} {:>10}  {}"
    print(form.format("case", "produced", "stored", "lost", "doubled", "recovery", ""), flush=True)
    results = []
    for name in names:
        result = carry_out(netsniff, name, options.rate)
        results.append(result)
        print(form.format(
            result.name, result.produced, result.stored, result.lost, result.doubled, f"{result.recovery:.1f} s",
            result.detail), flush=True)
    os.makedirs("artifacts", exist_ok=True)
    with open("artifacts/chaos.json", "w", encoding="utf-8") as file:
        json.dump({"cases": [
            {"name": one.name, "produced": one.produced, "stored": one.stored, "lost": one.lost,
             "duplicated": one.doubled, "recovery_s": round(one.recovery, 2), "detail": one.detail}
            for one in results]}, file, indent=2)
    bad = [one.name for one in results if not is_good(one)]
    print(f"{len(results) - len(bad)} of {len(results)} as they should be" + (f"; not: {', '.join(bad)}" if bad else ""))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
