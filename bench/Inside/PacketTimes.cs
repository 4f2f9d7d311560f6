using System.Diagnostics;
using NetSniff.Pipeline;

namespace NetSniff.Bench.Inside;

/// <summary>How long a packet is in the shard, in nanoseconds: decode, flow, stream, parsers, records.</summary>
/// <remarks>Each packet alone, so without what batches gain, and with the clock's own 20-40 ns: an upper bound of the
/// time in parsers. A packet after which the arena is full, or a second of flows ends, is charged with that.</remarks>
internal readonly record struct PacketTimes(double Median, double At99, double At999)
{
    // Buckets of a sixteenth of an octave.
    private const int BucketsPerOctave = 16;
    private const int Octaves = 40;

    public static PacketTimes Of(string path)
    {
        using var shard = new Shard(new ShardOptions(), new NoConsumer());
        var counts = new long[BucketsPerOctave * Octaves];
        long total = 0;
        Frames.Each(path, frames =>
        {
            for (var index = 0; index < frames.Length; index++)
            {
                var start = Stopwatch.GetTimestamp();
                shard.Run(frames.Slice(index, 1));
                var nanos = (Stopwatch.GetTimestamp() - start) * 1e9 / Stopwatch.Frequency;
                counts[Math.Clamp((int)(Math.Log2(nanos + 1) * BucketsPerOctave), 0, counts.Length - 1)]++;
                total++;
            }
        });
        return new PacketTimes(At(counts, total, 0.5), At(counts, total, 0.99), At(counts, total, 0.999));
    }

    private static double At(long[] counts, long total, double share)
    {
        var left = (long)(total * share);
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            left -= counts[bucket];
            if (left < 0) return Math.Pow(2, (bucket + 1.0) / BucketsPerOctave);
        }

        return double.NaN;
    }
}
