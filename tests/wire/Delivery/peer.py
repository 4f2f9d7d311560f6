"""Speaks ingest.proto with grpc's own Python library, as a sensor or as a worker.

The description of the messages comes from the tests (a serialised FileDescriptorProto in hex), so nothing is generated.
"""
import sys
import queue
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

METHOD = "/netsniff.v1.Ingest/Deliver"


def classes(description):
    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto()
    file.ParseFromString(bytes.fromhex(description))
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName("netsniff.v1." + name))
            for name in ("FromSensor", "FromWorker")}


def sensor(known, address, sensor_id, payload, records, unpacked):
    """Says hello, sends three batches and one of them twice, waits for the acknowledgements, says goodbye."""
    say = queue.Queue()

    def words():
        while (word := say.get()) is not None:
            yield word

    message = known["FromSensor"]

    def batch(sequence):
        word = message()
        word.batch.lane, word.batch.sequence = "w-0/flows", sequence
        word.batch.records, word.batch.unpacked_bytes = records, unpacked
        word.batch.compression = 1
        word.batch.payload = bytes.fromhex(payload)
        return word

    with grpc.insecure_channel(address) as channel:
        call = channel.stream_stream(
            METHOD, request_serializer=message.SerializeToString,
            response_deserializer=known["FromWorker"].FromString)(words(), timeout=30)
        hello = message()
        hello.hello.sensor, hello.hello.node = sensor_id, "python"
        say.put(hello)
        for answer in call:
            what = answer.WhichOneof("what")
            print(what, getattr(answer.ack, "sequence", 0) if what == "ack" else "", flush=True)
            if what == "welcome":
                for sequence in (1, 2, 2, 3):
                    say.put(batch(sequence))
            if what == "ack" and answer.ack.sequence == 3:
                goodbye = message()
                goodbye.goodbye.reason = "done"
                say.put(goodbye)
                say.put(None)
        print(call.code().name, flush=True)


def worker(known):
    """Acknowledges what comes, gives credit two at a time, and says what it got."""
    class Ingest(grpc.GenericRpcHandler):
        def service(self, details):
            if details.method != METHOD:
                return None
            return grpc.stream_stream_rpc_method_handler(
                self.deliver, request_deserializer=known["FromSensor"].FromString,
                response_serializer=known["FromWorker"].SerializeToString)

        def deliver(self, requests, context):
            for request in requests:
                what = request.WhichOneof("what")
                answer = known["FromWorker"]()
                if what == "hello":
                    answer.welcome.worker, answer.welcome.credit = "w-0", 2
                    answer.welcome.batch_version = 3
                    yield answer
                elif what == "batch":
                    batch = request.batch
                    print("batch", batch.lane, batch.sequence, batch.records, len(batch.payload), flush=True)
                    answer.ack.lane, answer.ack.sequence = batch.lane, batch.sequence
                    yield answer
                    credit = known["FromWorker"]()
                    credit.credit.batches, credit.credit.weight = 1, 100
                    yield credit
                elif what == "goodbye":
                    print("goodbye", flush=True)
                    return

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers((Ingest(),))
    print("at", server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(0)


if __name__ == "__main__":
    role, description = sys.argv[1:3]
    if role == "sensor":
        address, sensor_id, payload, records, unpacked = sys.argv[3:8]
        sensor(classes(description), address, sensor_id, payload, int(records), int(unpacked))
    else:
        worker(classes(description))
