"""The orders: a gRPC service without generated code. Messages are passed on as bytes, `1: text` in protobuf."""
import concurrent.futures
import time

import grpc

SLOW_SECONDS = 2


def text(value):
    return b"\x0a" + bytes([len(value)]) + value


def place(request, context):
    return text(b"order 4711")


def find(request, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "no order of that number")


def refund(request, context):
    time.sleep(SLOW_SECONDS)
    return text(b"refunded")


def track(request, context):
    for step in (b"packed", b"on its way", b"at your door"):
        yield text(step)
        time.sleep(0.2)


service = grpc.method_handlers_generic_handler("shop.Orders", {
    "Place": grpc.unary_unary_rpc_method_handler(place),
    "Find": grpc.unary_unary_rpc_method_handler(find),
    "Refund": grpc.unary_unary_rpc_method_handler(refund),
    "Track": grpc.unary_stream_rpc_method_handler(track),
})
server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=4), handlers=(service,))
server.add_insecure_port("10.77.0.13:50051")
server.start()
server.wait_for_termination()
