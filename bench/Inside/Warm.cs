using System.Globalization;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Wire.Batches;

namespace NetSniff.Bench.Inside;

/// <summary>Processor time a packet once everything is compiled and every pool is filled: the same trace through the
/// same shard again and again, each time later by its own length and a pause in which every flow ends.</summary>
internal static class Warm
{
    private const long PauseNanos = 3_600L * 1_000_000_000;

    /// <summary>Prints a line a pass: reading and shard together, by the thread's own time.</summary>
    public static void Run(string path, int passes, bool isEncoded)
    {
        var batches = new EncodedRecords();
        var none = new NoConsumer();
        using var shard = new Shard(new ShardOptions(), isEncoded ? batches : none);
        long first = long.MaxValue, last = 0;
        for (var pass = 0; pass < passes; pass++)
        {
            var delay = pass == 0 ? 0 : pass * (last - first + PauseNanos);
            var packets = 0L;
            var (records, bytes) = (none.Count + batches.Count, batches.Bytes);
            var start = ThreadTime.Seconds;
            Frames.Each(path, frames =>
            {
                packets += frames.Length;
                if (delay == 0)
                {
                    first = Math.Min(first, frames[0].TimeNanos);
                    last = Math.Max(last, frames[^1].TimeNanos);
                }
                else
                {
                    foreach (ref var frame in frames) frame = frame with { TimeNanos = frame.TimeNanos + delay };
                }

                shard.Run(frames);
            });
            shard.Advance(last + delay + PauseNanos / 2);
            shard.Records.Flush();
            var nanos = (ThreadTime.Seconds - start) * 1e9;
            records = none.Count + batches.Count - records;
            bytes = batches.Bytes - bytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"pass {pass}: {nanos / packets:F1} ns a packet, {records} records, {bytes} bytes of batches"));
        }
    }

    /// <summary>Every record into wire batches that nobody keeps.</summary>
    private sealed class EncodedRecords : RecordConsumer
    {
        private const int BatchRecordsMax = 4096;

        private readonly BatchEncoder _encoder = new();

        public long Count { get; private set; }

        public long Bytes { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            Count += count;
            foreach (var record in new RecordWalker(records))
            {
                _encoder.Add(record);
                if (_encoder.Count == BatchRecordsMax) Bytes += _encoder.Finish(["bench"]).Length;
            }
        }
    }
}
