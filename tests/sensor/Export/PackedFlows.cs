using Google.Protobuf;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Sensor.Export;

/// <summary>Batches of numbered flows, as they come to a worker.</summary>
internal static class PackedFlows
{
    public static Batch Batch(string lane, ulong sequence, ulong firstId, int count)
    {
        var taker = new Encoding();
        new NumberedFlows(taker).Emit(count, firstId);
        var batch = taker.Encoder.Finish(["eth0"], "n").ToArray();
        using var packer = new BatchPacker();
        return new Batch
        {
            Lane = lane,
            Sequence = sequence,
            Records = (uint)count,
            Compression = Compression.Zstd,
            UnpackedBytes = (uint)batch.Length,
            FirstNanos = 1,
            Payload = ByteString.CopyFrom(packer.Pack(batch)),
        };
    }

    private sealed class Encoding : RecordConsumer
    {
        public BatchEncoder Encoder { get; } = new();

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records)) Encoder.Add(record);
        }
    }
}
