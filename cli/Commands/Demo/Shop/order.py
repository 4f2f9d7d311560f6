"""A customer with the shop's app: calls named on the command line, one after the other on one connection."""
import sys
import time

import grpc

REFUND_SECONDS_MAX = 0.4
PAUSE_SECONDS = 0.4

with grpc.insecure_channel("orders.shop:50051") as channel:
    for name in sys.argv[1:]:
        path = "/shop.Orders/" + name
        try:
            if name == "Track":
                list(channel.unary_stream(path)(b"\x0a\x044711", timeout=5))
            else:
                channel.unary_unary(path)(b"\x0a\x03tea", timeout=REFUND_SECONDS_MAX if name == "Refund" else 5)
        except grpc.RpcError as problem:
            print(name, problem.code(), file=sys.stderr)
        time.sleep(PAUSE_SECONDS)
