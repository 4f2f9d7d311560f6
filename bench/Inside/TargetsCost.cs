using System.Globalization;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Pipeline;

namespace NetSniff.Bench.Inside;

/// <summary>What it costs a shard to ask whose a packet is: the same trace with everybody wanted and nobody asking,
/// with a list that wants all of it, with one that wants nothing, and with targets that are others for every batch.
/// </summary>
internal static class TargetsCost
{
    private const int Rounds = 5;
    private const int Listed = 220; // pods of a full node, two addresses each
    private const int Excluded = 64;

    public static void Print(string trace)
    {
        (string Name, Func<FlowTargets?> Targets, bool IsNewEachBatch)[] ways =
        [
            ("everybody", static () => null, false),
            ("all listed", AllListed(trace), false),
            ("all listed, changing", AllListed(trace), true),
            ("nobody", Nobody(0), false),
            ("nobody, 64 networks", Nobody(Excluded), false),
        ];
        var least = new double[ways.Length];
        Array.Fill(least, double.MaxValue);
        var untargeted = new long[ways.Length];
        for (var round = 0; round < Rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                (var nanos, untargeted[way]) = Pass(trace, ways[way].Targets, ways[way].IsNewEachBatch);
                least[way] = Math.Min(least[way], nanos);
            }
        }

        for (var way = 0; way < ways.Length; way++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{ways[way].Name,-22} {least[way],7:F1} ns a packet; {untargeted[way]} of no target"));
        }
    }

    private static (double Nanos, long Untargeted) Pass(string trace, Func<FlowTargets?> targets, bool isNewEachBatch)
    {
        using var shard = new Shard(new ShardOptions(), new NoConsumer()) { Targets = targets() };
        // Made before, for making them is not the shard's.
        FlowTargets?[] turns = isNewEachBatch ? [targets(), targets()] : [shard.Targets];
        var (packets, turn) = (0L, 0);
        var start = ThreadTime.Seconds;
        Frames.Each(trace, frames =>
        {
            packets += frames.Length;
            shard.Targets = turns[turn++ % turns.Length];
            shard.Run(frames);
        });
        return ((ThreadTime.Seconds - start) * 1e9 / packets, shard.Counters.PacketsUntargeted);
    }

    private static Func<FlowTargets?> AllListed(string trace)
    {
        var all = new HashSet<Address>();
        var packet = new Packet();
        Frames.Each(trace, frames =>
        {
            foreach (ref readonly var frame in frames)
            {
                PacketDecoder.Decode(in frame, ref packet);
                if (packet.Status == DecodeStatus.Ok) all.Add(packet.Source);
            }
        });
        return () => new FlowTargets(all, [], false, [], []);
    }

    private static Func<FlowTargets?> Nobody(int networks)
    {
        var listed = Enumerable.Range(0, Listed).Select(static number => Of(number)).ToList();
        var excluded = Enumerable.Range(0, networks).Select(static number => Network.Of(Of(number << 8), 24)).ToList();
        return () => new FlowTargets(listed, excluded, false, [], []);
    }

    /// <summary>Documentation's and benchmarks' own (RFC 2544): in no trace.</summary>
    private static Address Of(int number) =>
        Address.FromBytes([198, 18, (byte)(number >> 8), (byte)number]);
}
