using System.Globalization;
using NetSniff.Pipeline;
using NetSniff.Sensor.Keeping;

namespace NetSniff.Bench.Inside;

/// <summary>What it costs a capturing thread to keep raw packets, by how much of each is kept: the same trace through a
/// shard, with the ring and without, in turns.</summary>
internal static class KeepingCost
{
    private const int Rounds = 5;
    private const long RingBytes = 256L << 20;
    private static readonly KeptDepth[] s_depths =
        [KeptDepth.Nothing, KeptDepth.Headers, KeptDepth.Ciphertext, KeptDepth.Everything];

    /// <param name="folder">Where the ring is; on the disk that is meant.</param>
    public static void Print(string trace, string folder)
    {
        var least = new double[s_depths.Length];
        Array.Fill(least, double.MaxValue);
        var written = new (long Packets, long Bytes)[s_depths.Length];
        for (var round = 0; round < Rounds; round++)
        {
            for (var index = 0; index < s_depths.Length; index++)
            {
                var (nanos, packets, bytes) = Pass(trace, folder, s_depths[index]);
                least[index] = Math.Min(least[index], nanos);
                written[index] = (packets, bytes);
            }
        }

        for (var index = 0; index < s_depths.Length; index++)
        {
            var (packets, bytes) = written[index];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{s_depths[index],-10} {least[index],7:F1} ns a packet, {least[index] - least[0],7:F1} for the ring: "
                + $"{packets} packets, {(packets == 0 ? 0 : bytes / packets)} bytes each"));
        }
    }

    /// <returns>Time of the thread for a packet, the least of what the page cache and the disk made of it.</returns>
    private static (double Nanos, long Packets, long Bytes) Pass(string trace, string folder, KeptDepth depth)
    {
        using var keeping = new PacketKeeping(folder, TimeProvider.System);
        keeping.Prepare(1, isLive: false);
        using var keeper = keeping.NewKeeper(0, static () => []);
        keeping.Change(depth == KeptDepth.Nothing
            ? PacketPlan.Off
            : new PacketPlan(RingBytes, TimeSpan.FromHours(1), depth));
        keeper.Tick();
        using var shard = new Shard(
            new ShardOptions { KeepsFrameApps = depth != KeptDepth.Nothing }, new NoConsumer());
        var packets = 0L;
        var start = ThreadTime.Seconds;
        Frames.Each(trace, frames =>
        {
            packets += frames.Length;
            shard.Run(frames);
            keeper.Take(frames, shard.FrameApps);
        });
        var nanos = (ThreadTime.Seconds - start) * 1e9 / packets;
        var kept = (keeper.Counts.Packets, keeper.Counts.Bytes);
        keeping.Change(PacketPlan.Off);
        keeper.Tick();
        return (nanos, kept.Packets, kept.Bytes);
    }
}
