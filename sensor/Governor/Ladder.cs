using NetSniff.Pipeline;

namespace NetSniff.Sensor.Governor;

/// <summary>The rungs from everything to the least, and what each costs.</summary>
public static class Ladder
{
    private static readonly ShardDepth[] s_all =
    [
        ShardDepth.Full, new(DepthRung.SampledFlows, 4), new(DepthRung.SampledFlows, 16), new(DepthRung.HeadersOnly),
        new(DepthRung.FlowsOnly),
    ];

    /// <summary>As metrics, status and log name them.</summary>
    public static string NameOf(ShardDepth depth) => depth.Rung switch
    {
        DepthRung.Full => "full",
        DepthRung.SampledFlows => $"sampled-{depth.OneIn}",
        DepthRung.HeadersOnly => "headers",
        _ => "flows",
    };

    /// <summary>Names of the rungs below the first.</summary>
    public static IEnumerable<string> Lower => s_all.Skip(1).Select(NameOf);

    /// <summary>A rung below the first by its name.</summary>
    public static ShardDepth? Find(string name)
    {
        foreach (var depth in s_all.AsSpan(1))
        {
            if (NameOf(depth) == name) return depth;
        }

        return null;
    }

    /// <summary>What is not known on this rung that would be on the one above.</summary>
    public static string CostOf(ShardDepth depth) => depth.Rung switch
    {
        DepthRung.Full => "nothing is left out",
        DepthRung.SampledFlows => $"transactions of {depth.OneIn - 1} in {depth.OneIn} flows are not read; "
            + "their packets, bytes and TCP health are counted",
        DepthRung.HeadersOnly => "no transactions are read; packets, bytes and TCP health of every flow are counted",
        _ => "no transactions, retransmissions or late segments; packets and bytes of every flow are counted",
    };

    /// <summary>Whether more is done at one depth than at another.</summary>
    internal static bool IsAbove(ShardDepth depth, ShardDepth other) =>
        depth.Rung != other.Rung ? depth.Rung < other.Rung : depth.OneIn < other.OneIn;

    internal static IReadOnlyList<ShardDepth> For(OnOverload first) =>
    [
        .. s_all.Where(depth => depth.Rung == DepthRung.Full || depth.Rung >= first switch
        {
            OnOverload.SampleFlows => DepthRung.SampledFlows,
            OnOverload.HeadersOnly => DepthRung.HeadersOnly,
            _ => DepthRung.FlowsOnly,
        }),
    ];
}
