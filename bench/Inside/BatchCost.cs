using System.Diagnostics;
using System.Globalization;
using NetSniff.Flows;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Delivery;

namespace NetSniff.Bench.Inside;

/// <summary>What a record costs on the wire and in time, by size of batch and level of compression: the figures that
/// docs/delivery.md chooses by.</summary>
internal static class BatchCost
{
    private static readonly int[] s_sizes = [512, 2048, 8192, 32_768];
    private static readonly int[] s_levels = [-5, -1, 1, 2, 3, 6];

    /// <param name="path">A capture.</param>
    public static void Print(string path)
    {
        var records = new Gathered();
        using (var shard = new Shard(new ShardOptions(), records))
        {
            Frames.Each(path, frames => shard.Run(frames));
            shard.Finish();
        }

        Console.WriteLine("records       batch  level  bytes/record   raw  encode ns  pack ns  unpack ns  decode ns");
        foreach (var (name, list) in ((string, List<byte[]>)[])[("flows", records.Flows), ("other", records.Others)])
        {
            foreach (var size in s_sizes)
            {
                foreach (var level in s_levels) Print(name, list, size, level);
            }
        }
    }

    private static void Print(string name, List<byte[]> records, int size, int level)
    {
        var (encoder, decoder) = (new BatchEncoder(), new BatchDecoder());
        using var packer = new BatchPacker(level);
        using var unpacker = new BatchUnpacker();
        long encoding = 0, packing = 0, unpacking = 0, decoding = 0, raw = 0, packedBytes = 0;
        // The first turn warms up.
        for (var turn = 0; turn < 2; turn++)
        {
            encoding = packing = unpacking = decoding = raw = packedBytes = 0;
            for (var start = 0; start < records.Count; start += size)
            {
                var began = Stopwatch.GetTimestamp();
                for (var index = start; index < Math.Min(start + size, records.Count); index++)
                {
                    encoder.Add(new RecordView(records[index]));
                }

                var batch = encoder.Finish(["eth0"], "node-1");
                var encoded = Stopwatch.GetTimestamp();
                var packed = packer.Pack(batch);
                var done = Stopwatch.GetTimestamp();
                unpacker.TryUnpack(packed, Wire.V1.Compression.Zstd, (uint)batch.Length, out var again);
                var unpacked = Stopwatch.GetTimestamp();
                decoder.TryRead(again);
                decoding += Stopwatch.GetTimestamp() - unpacked;
                unpacking += unpacked - done;
                packing += done - encoded;
                encoding += encoded - began;
                raw += batch.Length;
                packedBytes += packed.Length;
            }
        }

        var each = 1e9 / Stopwatch.Frequency / records.Count;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-12} {size,6} {level,6}"
            + $" {(double)packedBytes / records.Count,13:F1} {(double)raw / records.Count,5:F1}"
            + $" {encoding * each,10:F0} {packing * each,8:F0} {unpacking * each,10:F0} {decoding * each,10:F0}"));
    }

    private sealed class Gathered : RecordConsumer
    {
        private const int CountMax = 200_000;

        private readonly ushort _flowKind = RecordKinds.Register<FlowRecord>().Id;

        public List<byte[]> Flows { get; } = [];

        public List<byte[]> Others { get; } = [];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            for (var rest = records; !rest.IsEmpty;)
            {
                var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(rest);
                var kind = new RecordView(rest[..length]).Header.Kind;
                var list = kind == _flowKind ? Flows : Others;
                if (list.Count < CountMax) list.Add(rest[..length].ToArray());
                rest = rest[length..];
            }
        }
    }
}
