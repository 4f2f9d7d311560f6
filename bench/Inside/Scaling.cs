using NetSniff.Packets;
using NetSniff.Pipeline;

namespace NetSniff.Bench.Inside;

/// <summary>One shard against two on the same trace: every thread reads the file, keeps the packets of its own hosts
/// and skips the others'.</summary>
/// <remarks>Shared out by addresses alone, ports left out, so that the pieces of a datagram stay with their flow. A
/// thread's time is its own processor time, so that what else the machine does counts less.</remarks>
internal static class Scaling
{
    public static double Seconds(string path, int shards)
    {
        var seconds = new double[shards];
        var threads = new Thread[shards];
        for (var number = 0; number < shards; number++)
        {
            var own = number;
            threads[own] = new Thread(() => seconds[own] = Read(path, own, shards));
            threads[own].Start();
        }

        foreach (var thread in threads) thread.Join();
        return seconds.Max();
    }

    private static double Read(string path, int own, int shards)
    {
        using var shard = new Shard(new ShardOptions { ShardNumber = (ushort)own }, new NoConsumer());
        var kept = new Frame[Frames.BatchMax];
        var start = ThreadTime.Seconds;
        Frames.Each(path, frames =>
        {
            if (shards == 1)
            {
                shard.Run(frames);
                return;
            }

            var count = 0;
            Packet packet = default;
            foreach (ref readonly var frame in frames)
            {
                PacketDecoder.Decode(in frame, ref packet);
                if (PlaceOf(in packet) % (uint)shards == own) kept[count++] = frame;
            }

            shard.Run(kept.AsSpan(0, count));
        });
        shard.Finish();
        return ThreadTime.Seconds - start;
    }

    private static uint PlaceOf(in Packet packet)
    {
        const ulong Spread = 0x9e3779b97f4a7c15;
        var ends = packet.Source.First + packet.Source.Second + packet.Target.First + packet.Target.Second;
        return (uint)(ends * Spread >> 56); // the upper bits depend on all of the lower ones
    }
}
