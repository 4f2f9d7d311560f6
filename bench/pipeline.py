#!/usr/bin/env python3
"""From packets to rows: a sensor reads a trace, ships what it finds over TLS on loopback, a worker stores it in DuckDB.

    pipeline.py FOLDER     (bench/run.sh pipeline prepares FOLDER; root, for a network namespace of its own)

Two ways for each trace. `whole`: all at once, both processes on all cores, from the sensor's start to the last row.
`drain`: the sensor has spooled everything before the worker starts, which is what a worker can take: no packet is
looked at meanwhile. A trace is sent PIPELINE_REPEAT times (3), each time later by its own length: of one alone a fifth of
the time is programs that start. Rounds are told one by one; artifacts/bench-pipeline.json has the medians, and those of the
flows trace, whole, at its top."""
import contextlib
import json
import mmap
import os
import re
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

ROUNDS = int(os.environ.get("PIPELINE_ROUNDS", "3"))
REPEAT = int(os.environ.get("PIPELINE_REPEAT", "3"))
TRACES = os.environ.get("PIPELINE_TRACES", "flows mix").split()
NETSNIFF = os.path.realpath("bin/netsniff")
INGEST, QUERY, WORKER_HEALTH, SENSOR_HEALTH = 9466, 9465, 9666, 9464
WAIT_MAX = 300


def ledger(port):
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/debug/vars", timeout=5).read()
    return {(line["stage"], line["what"]): line["count"] for line in json.loads(page)["ledger"]}


def wait_until(what, condition):
    began = time.monotonic()
    while time.monotonic() - began < WAIT_MAX:
        try:
            if condition():
                return
        except (OSError, KeyError, ValueError):
            pass
        time.sleep(0.02)
    sys.exit(f"pipeline.py: {what}: not within {WAIT_MAX} s")


def carried():
    with open("/proc/self/net/dev", encoding="ascii") as file:  # of our own namespace, as /sys is not
        return next(int(line.split()[1]) for line in file if line.strip().startswith("lo:"))


def on_disk(folder):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)


def repeated(trace):
    """The same packets again and again, each time behind the last of before. Kept beside the trace."""
    path = f"{os.path.splitext(trace)[0]}-{REPEAT}.pcap"
    if REPEAT == 1 or os.path.exists(path):
        return trace if REPEAT == 1 else path
    with open(trace, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as source:
        if source[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
            sys.exit(f"pipeline.py: {trace}: not a pcap file of this machine's byte order")
        starts, at = [], 24
        while at < len(source):
            starts.append(at)
            at += 16 + struct.unpack_from("<I", source, at + 8)[0]
        span = struct.unpack_from("<I", source, starts[-1])[0] - struct.unpack_from("<I", source, starts[0])[0]
        with open(path + ".part", "wb") as target:
            target.write(source[:24])
            for turn in range(REPEAT):
                copy = bytearray(source[24:])
                for start in starts:  # what is idle for two minutes has ended
                    seconds = struct.unpack_from("<I", copy, start - 24)[0] + turn * (span + 120)
                    struct.pack_into("<I", copy, start - 24, seconds)
                target.write(copy)
    os.rename(path + ".part", path)
    return path


class Run:
    """One round in a folder of its own."""

    def __init__(self, folder, trace):
        self.folder, self.trace, self.processes = folder, trace, []
        self.log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        subprocess.run([NETSNIFF, "certificates", self.path("tls"), "w0,127.0.0.1", "sensor"], check=True,
                       stderr=subprocess.DEVNULL)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self, *words):
        self.processes.append(subprocess.Popen([NETSNIFF, *words], stderr=self.log))
        return self.processes[-1]

    def worker(self):
        worker = self.start(
            "worker", "--name", "w0", "--data", self.path("worker"), "--keep", "36500d", "--tls", self.path("tls", "w0"),
            "--listen", f"127.0.0.1:{INGEST}", "--query", f"127.0.0.1:{QUERY}",
            "--health", f"127.0.0.1:{WORKER_HEALTH}")
        wait_until("the worker is ready", lambda: ledger(WORKER_HEALTH) is not None)
        return worker

    def sensor(self, *files):
        return self.start(
            "sensor", *files, "--node", "bench", "--spool", self.path("spool"), "--spool-bytes", "8Gi",
            "--tls", self.path("tls", "sensor"), "--workers", f"w0=127.0.0.1:{INGEST}",
            "--health", f"127.0.0.1:{SENSOR_HEALTH}")

    def end(self, *processes):
        """CPU seconds of each."""
        spent = []
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)  # not terminate(): that would take the child's account away
            _, _, use = os.wait4(process.pid, 0)
            process.returncode = 0
            spent.append(use.ru_utime + use.ru_stime)
        return spent

    def whole(self):
        worker = self.worker()
        before, began = carried(), time.monotonic()
        sensor = self.sensor(self.trace, "--drain", f"{WAIT_MAX}s")
        _, _, use = os.wait4(sensor.pid, 0)
        sensor.returncode = 0
        self.log.seek(0)
        produced = int(re.findall(r"records spooled (\d+)", self.log.read())[-1])
        wait_until("all is stored", lambda: ledger(WORKER_HEALTH)[("store", "records stored")] >= produced)
        took, wire = time.monotonic() - began, carried() - before
        spent = [use.ru_utime + use.ru_stime, *self.end(worker)]
        return produced, took, wire, spent, on_disk(self.path("worker", "store"))

    def drain(self):
        # Nobody listens: it spools all, and leaves.
        sensor = self.sensor(self.trace, "--drain", "1ms")
        os.wait4(sensor.pid, 0)
        sensor.returncode = 0
        self.log.seek(0)
        produced = int(re.findall(r"records spooled (\d+)", self.log.read())[-1])
        empty = self.path("empty.pcap")
        with open(empty, "wb") as file:
            # pcap with nanoseconds, Ethernet, no packet.
            file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        worker = self.worker()
        before, began = carried(), time.monotonic()
        sensor = self.sensor(empty, "--drain", f"{WAIT_MAX}s")
        wait_until("all is stored", lambda: ledger(WORKER_HEALTH)[("store", "records stored")] >= produced)
        took, wire = time.monotonic() - began, carried() - before
        spent = self.end(sensor, worker)
        return produced, took, wire, spent, on_disk(self.path("worker", "store"))


def measure(way, trace):
    with tempfile.TemporaryDirectory(prefix="netsniff-pipeline-") as folder:
        run = Run(folder, trace)
        try:
            return getattr(run, way)()
        except BaseException:
            for process in run.processes:
                if process.returncode is None:
                    process.kill()
            run.log.seek(0)
            sys.stderr.write("".join("    " + line for line in run.log.readlines()[-8:]))
            raise


def main():
    traces = sys.argv[1]
    if len(sys.argv) < 3:
        # A loopback of its own: what is carried there is ours alone.
        os.execvp("unshare", ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
                              sys.executable, os.path.abspath(__file__), traces, "inside"])
    form = "{:<6} {:<6} {:>9} {:>8} {:>11} {:>12} {:>12} {:>12} {:>12}"
    print(form.format("trace", "way", "records", "seconds", "records/s", "wire B/rec", "disk B/rec", "sensor s/M", "worker s/M"))
    summary = {}
    for name in TRACES:
        trace = repeated(os.path.join(traces, "traces", name + ".pcap"))
        for way in ("whole", "drain"):
            rounds = []
            for _ in range(ROUNDS):
                produced, took, wire, spent, disk = measure(way, trace)
                rounds.append({
                    "records": produced, "records_per_second": produced / took, "wire_bytes_per_record": wire / produced,
                    "disk_bytes_per_record": disk / produced, "cpu_s_per_million": sum(spent) * 1e6 / produced})
                print(form.format(
                    name, way, produced, f"{took:.2f}", f"{produced / took:,.0f}", f"{wire / produced:.1f}",
                    f"{disk / produced:.1f}", *(f"{one * 1e6 / produced:.2f}" for one in spent)), flush=True)
            summary[f"{name} {way}"] = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    flows = summary.get("flows whole", {})
    os.makedirs("artifacts", exist_ok=True)
    with open("artifacts/bench-pipeline.json", "w", encoding="utf-8") as file:
        json.dump({
            "commit": commit, "records_per_second": flows.get("records_per_second"),
            "wire_bytes_per_flow": flows.get("wire_bytes_per_record"),
            "disk_bytes_per_flow": flows.get("disk_bytes_per_record"),
            "cpu_s_per_million": flows.get("cpu_s_per_million"), "all": summary}, file, indent=2)


main()
