#!/usr/bin/env python3
"""The first packets of a pcap file of this machine's byte order, so many that they are no more than BYTES.

    slice.py FROM TO BYTES"""
import struct
import sys

source, target, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(source, "rb") as file:
    data = file.read(limit)
end = 24
while end + 16 <= len(data):
    following = end + 16 + struct.unpack_from("<I", data, end + 8)[0]
    if following > len(data):
        break
    end = following
with open(target, "wb") as file:
    file.write(data[:end])
