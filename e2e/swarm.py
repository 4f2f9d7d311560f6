#!/usr/bin/env python3
"""Many sensors against three real workers: memory, fair shares, everything acknowledged and stored once.

    swarm.py [--seconds 180] [--sensors 120] [--rate 40] [--netsniff FILE] [--driver FILE]

Workers are processes of their own on loopback. The sensors are whole but for their packets and share a process
(`netsniff-fuzz swarm`). At the end the records of all stores are counted, and those that are there twice. Leaves
artifacts/swarm.json; fails when a record is lost or doubled, or a worker has more than 1.25 times the mean."""
import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
WORKERS = 3
SHARE_MAX = 1.25
START_MAX, STORE_MAX = 60, 60


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def resident_mib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


class Worker:
    """A worker, its ports, and how much memory it had at most."""

    def __init__(self, netsniff, folder, number):
        self.name, self.peak = f"w{number}", 0.0
        self.ingest, self.query, self.health = free_ports(3)
        log = open(os.path.join(folder, self.name + ".log"), "wb")
        self.process = subprocess.Popen(
            [netsniff, "worker", "--name", self.name, "--data", os.path.join(folder, self.name),
             "--tls", os.path.join(folder, "tls", self.name), "--listen", f"127.0.0.1:{self.ingest}",
             "--query", f"127.0.0.1:{self.query}", "--health", f"127.0.0.1:{self.health}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ledger(self):
        page = urllib.request.urlopen(f"http://127.0.0.1:{self.health}/debug/vars", timeout=10).read()
        return {(line["stage"], line["what"]): line["count"] for line in json.loads(page)["ledger"]}

    def stored(self):
        return self.ledger()[("store", "records stored")]

    def look(self):
        self.peak = max(self.peak, resident_mib(self.process))


def wait_until(what, condition, limit):
    began = time.monotonic()
    while time.monotonic() - began < limit:
        with contextlib.suppress(OSError, KeyError, ValueError):
            if condition():
                return
        time.sleep(0.1)
    sys.exit(f"swarm.py: {what}: not within {limit} s")


def rows_of(netsniff, folder, worker):
    """Records and different records in a store, asked of the store itself."""
    tls = os.path.join(folder, "tls", "asker")
    rows = doubled = 0
    for kind in ("flow", "dns"):
        sql = f"SELECT count(*), count(DISTINCT (node, flow_id, time, src_port)) FROM {kind}"
        answer = subprocess.run(
            [netsniff, "sql", sql, "--server", f"127.0.0.1:{worker.query}", "-o", "csv", "--ca", f"{tls}/ca.crt",
             "--cert", f"{tls}/tls.crt", "--key", f"{tls}/tls.key"],
            check=True, capture_output=True, text=True).stdout.splitlines()
        count, different = (int(word) for word in answer[1].split(","))
        rows, doubled = rows + count, doubled + count - different
    return rows, doubled


def drive(options, folder, workers):
    members = ",".join(f"{worker.name}=127.0.0.1:{worker.ingest}" for worker in workers)
    driver = subprocess.Popen(
        [options.driver, "swarm", "--folder", folder, "--tls", os.path.join(folder, "tls", "sensor"),
         "--workers", members, "--sensors", str(options.sensors), "--rate", str(options.rate),
         "--seconds", str(options.seconds)], stdout=subprocess.PIPE, text=True)
    while driver.poll() is None:
        for worker in workers:
            worker.look()
        time.sleep(0.5)
    if driver.returncode:
        sys.exit(f"swarm.py: the sensors ended with {driver.returncode}")
    return json.loads(driver.stdout.read())


def show(sensors, workers, counted):
    stored = [rows for rows, _ in counted]
    mean = sum(stored) / len(stored)
    figures = {
        **sensors, "stored": sum(stored), "lost": sensors["produced"] - sum(stored),
        "doubled": sum(twice for _, twice in counted), "shares": [round(count / mean, 3) for count in stored],
        "share_max": round(max(stored) / mean, 3) if mean else None,
        "worker_memory_mib": [round(worker.peak) for worker in workers]}
    for name, value in figures.items():
        print(f"{name:<30}{value}")
    os.makedirs(os.path.join(ROOT, "artifacts"), exist_ok=True)
    with open(os.path.join(ROOT, "artifacts", "swarm.json"), "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
    return (figures["lost"] == 0 and figures["doubled"] == 0 and figures["waiting"] == 0
            and figures["ended_with_all_acknowledged"] == figures["sensors"] and figures["share_max"] <= SHARE_MAX)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--sensors", type=int, default=120)
    parser.add_argument("--rate", type=int, default=40, help="exchanges a second of each sensor")
    parser.add_argument("--netsniff", default=os.path.join(ROOT, "bin", "netsniff"))
    parser.add_argument("--driver", default=os.path.join(ROOT, "fuzz", "bin", "Release", "net10.0", "netsniff-fuzz"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="netsniff-swarm-") as folder:
        names = [f"w{number},127.0.0.1" for number in range(WORKERS)]
        subprocess.run([options.netsniff, "certificates", os.path.join(folder, "tls"), *names, "sensor", "asker"],
                       check=True, stderr=subprocess.DEVNULL)
        workers = [Worker(options.netsniff, folder, number) for number in range(WORKERS)]
        try:
            for worker in workers:
                wait_until(f"{worker.name} is ready", lambda: worker.ledger() is not None, START_MAX)
            sensors = drive(options, folder, workers)
            wait_until("all is stored", lambda: sum(worker.stored() for worker in workers) >= sensors["produced"],
                       STORE_MAX)
            counted = [rows_of(options.netsniff, folder, worker) for worker in workers]
        finally:
            for worker in workers:
                worker.process.send_signal(signal.SIGTERM)
            for worker in workers:
                worker.process.wait(timeout=60)
        sys.exit(0 if show(sensors, workers, counted) else 1)


if __name__ == "__main__":
    main()
