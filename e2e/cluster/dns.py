#!/usr/bin/env python3
"""Names of a cluster's services and pods, over UDP:  dns.py ADDRESS API-SERVER FOLDER-OF-CERTIFICATES

Follows services and endpoints and answers A and SRV as a cluster's name server does: a service's address, for a headless
one those of its ready pods, and `pod.service.namespace.svc.cluster.local`. It knows no name outside the cluster."""
import collections
import contextlib
import http.client
import json
import socket
import ssl
import struct
import sys
import threading
import time

DOMAIN = "cluster.local"
TIME_TO_LIVE = 1
ANSWERS_MAX = 24
A, SRV, ANY = 1, 33, 255
NO_ERROR, NO_SUCH_NAME, NOT_IMPLEMENTED = 0, 3, 4


class Followed:
    """Objects of a kind, as the API server has them."""

    def __init__(self, server, context, path, changed):
        self.host, self.context, self.path, self.changed = server.split("//")[1], context, path, changed
        self.objects = {}
        self.is_known = False
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        while True:
            # Whatever goes wrong, a list anew tells all that was missed.
            with contextlib.suppress(OSError, ValueError, KeyError, http.client.HTTPException):
                self.once()
            time.sleep(0.2)

    def once(self):
        connection = http.client.HTTPSConnection(self.host, context=self.context, timeout=330)
        try:
            with self.ask(connection, "") as answer:
                page = json.load(answer)
            self.objects = {self.key(one): one for one in page["items"]}
            self.is_known = True
            self.changed()
            version = page["metadata"]["resourceVersion"]
            with self.ask(connection, f"?watch=true&resourceVersion={version}&timeoutSeconds=300") as answer:
                for line in answer:
                    notice = json.loads(line)
                    if notice["type"] == "ERROR":
                        return
                    if notice["type"] == "DELETED":
                        self.objects.pop(self.key(notice["object"]), None)
                    else:
                        self.objects[self.key(notice["object"])] = notice["object"]
                    self.changed()
        finally:
            connection.close()

    def ask(self, connection, query):
        connection.request("GET", self.path + query)
        answer = connection.getresponse()
        if answer.status != 200:
            raise OSError(f"{self.path}: {answer.status}")
        return answer

    @staticmethod
    def key(one):
        return one["metadata"]["namespace"], one["metadata"]["name"]


class Names:
    """What is asked for -> addresses, and -> (port, name) for SRV."""

    def __init__(self, server, folder):
        context = ssl.create_default_context(cafile=f"{folder}/ca.crt")
        context.load_cert_chain(f"{folder}/admin.crt", f"{folder}/admin.key")
        self.addresses, self.ports = {}, {}
        self.lock = threading.Lock()
        self.services = self.endpoints = None
        self.services = Followed(server, context, "/api/v1/services", self.renew)
        self.endpoints = Followed(server, context, "/api/v1/endpoints", self.renew)

    def renew(self):
        if not (self.services and self.services.is_known and self.endpoints and self.endpoints.is_known):
            return
        with self.lock:
            addresses, ports = collections.defaultdict(list), collections.defaultdict(list)
            for (space, name), service in list(self.services.objects.items()):
                base = f"{name}.{space}.svc.{DOMAIN}"
                address = service["spec"].get("clusterIP", "None")
                if address not in ("", "None"):
                    addresses[base].append(address)
                    for port in service["spec"].get("ports", []):
                        ports[self.port_name(port, base)].append((port["port"], base))
                elif service["spec"].get("type") != "ExternalName":
                    self.headless(self.endpoints.objects.get((space, name), {}), base, addresses, ports)
            self.addresses, self.ports = dict(addresses), dict(ports)

    def headless(self, endpoints, base, addresses, ports):
        addresses[base] = []
        for subset in endpoints.get("subsets") or []:
            for one in subset.get("addresses") or []:
                own = f"{one.get('hostname') or one['ip'].replace('.', '-')}.{base}"
                addresses[base].append(one["ip"])
                addresses[own].append(one["ip"])
                for port in subset.get("ports") or []:
                    ports[self.port_name(port, base)].append((port["port"], own))

    @staticmethod
    def port_name(port, base):
        return f"_{port.get('name', '')}._{port.get('protocol', 'TCP').lower()}.{base}".lower()


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def question_of(query):
    """Name, type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack_from("!H", query, at + 1)[0], at + 5


def answer_to(query, names):
    identity, flags, questions = struct.unpack_from("!HHH", query)
    name, kind, end = question_of(query)
    code, answers = NO_ERROR, []
    if questions != 1 or flags & 0x7800:
        code = NOT_IMPLEMENTED
    elif name in names.addresses:
        if kind in (A, ANY):
            answers = [struct.pack("!HHHIH", 0xC00C, A, 1, TIME_TO_LIVE, 4) + socket.inet_aton(address)
                       for address in names.addresses[name]]
    elif name in names.ports:
        if kind in (SRV, ANY):
            for port, target in names.ports[name]:
                data = struct.pack("!HHH", 0, 0, port) + encode(target)
                answers.append(struct.pack("!HHHIH", 0xC00C, SRV, 1, TIME_TO_LIVE, len(data)) + data)
    else:
        code = NO_SUCH_NAME
    answers = answers[:ANSWERS_MAX]
    head = struct.pack("!HHHHHH", identity, 0x8480 | flags & 0x0100 | code, 1, len(answers), 0, 0)
    return head + query[12:end] + b"".join(answers)


def main():
    address, server, folder = sys.argv[1:]
    names = Names(server, folder)
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind((address, 53))
    while True:
        query, asker = door.recvfrom(1500)
        with contextlib.suppress(struct.error, IndexError, OSError):  # not a question
            door.sendto(answer_to(query, names), asker)


if __name__ == "__main__":
    main()
