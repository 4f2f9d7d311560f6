using NetSniff.Packets;
using NetSniff.Pipeline;

namespace NetSniff.Bench.Inside;

/// <summary>Managed bytes that a warm shard allocates.</summary>
/// <remarks>The same trace passes the same shard again and again, each time later by its own length and a pause in
/// which every flow ends. What the first pass made (pools, tables, parsers) is there for the next; of those the least
/// counts, for a pooled parser meets its longest header once, in whichever pass.</remarks>
internal readonly record struct Allocation(long Bytes, long Packets, long Records)
{
    private const int PassesMax = 6;
    private const long PauseNanos = 3_600L * 1_000_000_000;

    public double PerPacket => Math.Round((double)Bytes / Packets, 4);

    public double PerRecord => Math.Round((double)Bytes / Math.Max(1, Records), 4);

    public static Allocation Of(string path)
    {
        var records = new NoConsumer();
        using var shard = new Shard(new ShardOptions(), records);
        long first = long.MaxValue, last = 0, packets = 0;
        Frames.Each(path, frames =>
        {
            first = Math.Min(first, frames.IsEmpty ? first : frames[0].TimeNanos);
            foreach (ref readonly var frame in frames) last = Math.Max(last, frame.TimeNanos);
            packets += frames.Length;
            shard.Run(frames);
        });

        var length = last - first + PauseNanos;
        var least = new Allocation(long.MaxValue, packets, 1);
        for (var pass = 1; pass <= PassesMax && least.Bytes > 0; pass++)
        {
            shard.Advance(first + pass * length - 1);
            shard.Records.Flush();
            var (recordsBefore, delay, bytes) = (records.Count, pass * length, 0L);
            Frames.Each(path, frames =>
            {
                Delay(frames, delay);
                var before = GC.GetAllocatedBytesForCurrentThread();
                shard.Run(frames);
                bytes += GC.GetAllocatedBytesForCurrentThread() - before;
            });
            shard.Records.Flush();
            if (bytes < least.Bytes) least = new Allocation(bytes, packets, records.Count - recordsBefore);
        }

        return least;
    }

    private static void Delay(Span<Frame> frames, long nanos)
    {
        foreach (ref var frame in frames) frame = frame with { TimeNanos = frame.TimeNanos + nanos };
    }
}
