using NetSniff.Fuzz.Captures;
using NetSniff.Packets;

namespace NetSniff.Fuzz.Variants;

/// <param name="Differences">Promises broken; empty when all were kept.</param>
/// <param name="Partial">Records marked partial that the capture itself has not.</param>
/// <param name="Fewer">Exchanges that the variant no longer shows.</param>
internal sealed record VariantOutcome(string Variant, IReadOnlyList<string> Differences, int Partial, int Fewer);

/// <summary>All variants of one capture.</summary>
internal static class VariantRun
{
    private const int SegmentsMax = 40_000;
    private const int SingleBytesMax = 40_000; // a segment each

    // What only wraps packets keeps even what is odd about them.
    private static readonly string[] s_wrapping = ["rebuilt", "vlan", "vxlan", "ipv6"];

    /// <summary>Null when the capture has pieces that cannot be taken apart and put together again.</summary>
    public static IReadOnlyList<VariantOutcome>? Of(
        IReadOnlyList<CapturedFrame> frames, int seed, GuardedSlots slots, Func<VariantKind, bool>? wants = null)
    {
        var segments = frames.Select(Segment.TryTake).OfType<Segment>().ToList();
        var payload = segments.Where(segment => segment.IsTcp).Sum(segment => (long)segment.Payload.Length);
        if (payload == 0 || segments.Count > SegmentsMax) return null;

        var (all, counters) = ShardRun.Read(frames, slots);
        if (counters.Fragments + counters.CutBySnap + counters.BadTransport > 0) return null;

        // Other protocols than TCP and UDP are not carried over.
        var wanted = all.Where(record => record.Kind != "flow" || IsCarried(record)).ToList();
        var streams = counters.Streams;
        var isClean = streams.SegmentsPending + streams.Gaps + streams.Overlaps == 0;
        var outcomes = new List<VariantOutcome>();
        foreach (var kind in VariantKinds.All)
        {
            if (wants is not null && !wants(kind)) continue;
            if (!isClean && !s_wrapping.Contains(kind.Name)) continue;
            if (kind.Name == "1-byte" && payload > SingleBytesMax) continue;

            var variant = kind.Make(segments, new Random(seed));
            var (found, _) = ShardRun.Read(variant, slots);
            outcomes.Add(new VariantOutcome(
                kind.Name,
                VariantCheck.Differences(kind.Promise, wanted, found),
                Math.Max(0, Count(found, isPartial: true) - Count(wanted, isPartial: true)),
                Math.Max(0, Count(wanted, isPartial: false) - Count(found, isPartial: false))));
        }

        return outcomes;
    }

    private static bool IsCarried(RecordText record) => record.Protocol is IpProtocol.Tcp or IpProtocol.Udp;

    private static int Count(List<RecordText> records, bool isPartial) =>
        records.Count(record => record.Kind != "flow" && record.IsPartial == isPartial);
}
