#!/usr/bin/env python3
"""Short HTTP connections, whole from SYN to FIN, written to an interface frame by frame.

    connections.py INTERFACE PER-SECOND SECONDS [FIRST]

Each has a client address and port of its own, so each is one flow record and one http record, and either that is missing
or there twice shows. Prints how many were sent. Stops early, between two connections, on SIGTERM."""
import signal
import socket
import struct
import sys
import time

REQUEST = b"GET /item/1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: chaos\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello, world"
SERVER = socket.inet_aton("10.77.0.1")
SERVER_PORT = 80
SYN, FIN, ACK, PSH = 2, 1, 16, 8
TURNS_PER_SECOND = 100


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack("!%dH" % (len(octets) // 2), octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(source, target, source_port, target_port, sequence, acknowledged, flags, payload=b""):
    tcp = struct.pack("!HHIIBBHHH", source_port, target_port, sequence, acknowledged, 0x50, flags, 64240, 0, 0)
    pseudo = source + target + struct.pack("!BBH", 0, 6, len(tcp) + len(payload))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp + payload)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0, source, target)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0" + ip + tcp + payload


def connection(number):
    """The frames of one connection."""
    client = struct.pack("!I", 0x0A4E0000 + number // 60000)
    port = 1024 + number % 60000
    up, down = 1000, 5000
    there = lambda flags, payload=b"": frame(client, SERVER, port, SERVER_PORT, up, down if flags != SYN else 0, flags, payload)
    back = lambda flags, payload=b"": frame(SERVER, client, SERVER_PORT, port, down, up, flags, payload)
    yield there(SYN)
    up += 1
    yield back(SYN | ACK)
    down += 1
    yield there(ACK)
    yield there(PSH | ACK, REQUEST)
    up += len(REQUEST)
    yield back(PSH | ACK, ANSWER)
    down += len(ANSWER)
    yield there(FIN | ACK)
    up += 1
    yield back(FIN | ACK)
    down += 1
    yield there(ACK)


def main():
    interface, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((interface, 0))
    began = time.monotonic()
    sent = 0
    while not stopped and time.monotonic() - began < seconds:
        due = int((time.monotonic() - began) * rate) + 1
        while sent < due and not stopped:
            for one in connection(first + sent):
                wire.send(one)
            sent += 1
        time.sleep(1 / TURNS_PER_SECOND)
    print(sent, flush=True)


main()
