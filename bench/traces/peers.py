"""Real gRPC and WebSocket peers for recordings: python3-grpcio and python3-websockets of Debian.

peers.py grpc-server ADDRESS | grpc-client ADDRESS CALLS CONNECTIONS
peers.py websocket-server ADDRESS | websocket-client ADDRESS MESSAGES CONNECTIONS

Messages are plain bytes: what is recorded is the protocol, and no schema needs compiling for it.
"""
import asyncio
import concurrent.futures
import random
import sys
import threading

GRPC_PORT, WEBSOCKET_PORT = 5001, 5002
SERVICE = "shop.v1.Orders"


def order(number):
    return b"\x0a" + bytes([len(str(number))]) + str(number).encode() + b"\x22" + bytes((number * 7) % 600)


def grpc_server(address):
    import grpc

    def get(request, context):
        return order(len(request) * 31)

    def listing(request, context):
        yield from (order(number * 13) for number in range(20))

    def put(requests, context):
        return b"\x08" + bytes([sum(1 for _ in requests) % 128])

    def fail(request, context):
        context.abort(grpc.StatusCode.NOT_FOUND, "no such order")

    handlers = {
        "Get": grpc.unary_unary_rpc_method_handler(get),
        "List": grpc.unary_stream_rpc_method_handler(listing),
        "Put": grpc.stream_unary_rpc_method_handler(put),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
    }
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    server.add_insecure_port(f"{address}:{GRPC_PORT}")
    server.start()
    server.wait_for_termination()


def grpc_client(address, calls, connections):
    import grpc

    def run(number):
        options = [("grpc.use_local_subchannel_pool", 1)]
        metadata = (("x-request-id", f"r-{number}"), ("authorization", f"Bearer t-{number}"))
        with grpc.insecure_channel(f"{address}:{GRPC_PORT}", options) as channel:
            get = channel.unary_unary(f"/{SERVICE}/Get")
            listing = channel.unary_stream(f"/{SERVICE}/List")
            put = channel.stream_unary(f"/{SERVICE}/Put")
            fail = channel.unary_unary(f"/{SERVICE}/Fail")
            for call in range(calls):
                kind = call % 10
                if kind == 8:
                    list(listing(order(call), metadata=metadata))
                elif kind == 9:
                    put((order(call * part) for part in range(10)), metadata=metadata)
                elif kind == 7:
                    try:
                        fail(b"", metadata=metadata)
                    except grpc.RpcError:
                        pass
                else:
                    get(order(call), metadata=metadata)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def websocket_server(address):
    import websockets

    async def echo(socket, _path=None):
        async for message in socket:
            await socket.send(message)

    async def serve():
        async with websockets.serve(echo, address, WEBSOCKET_PORT, compression=None):
            await asyncio.Future()

    asyncio.run(serve())


def websocket_client(address, messages, connections):
    import websockets

    async def run(number):
        chance = random.Random(number)
        async with websockets.connect(f"ws://{address}:{WEBSOCKET_PORT}/feed", compression=None) as socket:
            for count in range(messages):
                await socket.send('{"tick":%d,"pad":"%s"}' % (count, "y" * chance.randrange(20, 4000)))
                await socket.recv()

    async def run_all():
        await asyncio.gather(*(run(number) for number in range(connections)))

    asyncio.run(run_all())


if __name__ == "__main__":
    role, rest = sys.argv[1].replace("-", "_"), sys.argv[2:]
    globals()[role](rest[0], *map(int, rest[1:]))
