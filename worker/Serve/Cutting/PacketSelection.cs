using NetSniff.Filters.Bpf;
using NetSniff.Filters.Expression;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>What is asked for, checked and within our limits.</summary>
internal sealed record PacketSelection
{
    private const int NodesMax = 1024;
    private const int WhyLengthMax = 512;
    private const int BpfLengthMax = 1024;

    public required string Where { get; init; }

    /// <summary>Whether packets can be asked themselves; otherwise records are, for their flows.</summary>
    public required bool IsDirect { get; init; }

    public required long SinceNanos { get; init; }

    public required long UntilNanos { get; init; }

    public required ulong PacketsMax { get; init; }

    public required ulong BytesMax { get; init; }

    /// <summary>The bound is ours and not what was asked for: reaching it cuts the answer.</summary>
    public required bool IsOurPackets { get; init; }

    public required bool IsOurBytes { get; init; }

    public required IReadOnlyCollection<string> Nodes { get; init; }

    public required bool IsFollowing { get; init; }

    public required string Why { get; init; }

    /// <summary>Bytes of a packet.</summary>
    public required int SnapLength { get; init; }

    public required bool IsHeadersOnly { get; init; }

    public required bool HasNames { get; init; }

    /// <summary>For sensors to compile; empty for all packets.</summary>
    public required string BpfFilter { get; init; }

    public required bool IsClassic { get; init; }

    /// <exception cref="Grpc.Core.RpcException">Something in it is not known, or contradicts itself.</exception>
    public static PacketSelection Of(PacketsRequest request, ServeLimits limits)
    {
        Asking.CheckTimes(request.SinceNanos, request.UntilNanos);
        if (request is { Follow: true, UntilNanos: not 0 }) throw Asking.Wrong("until and follow exclude each other");
        if (request.Nodes.Count > NodesMax) throw Asking.Wrong($"at most {NodesMax} nodes");
        if (request.Why.Length > WhyLengthMax) throw Asking.Wrong($"a reason has at most {WhyLengthMax} characters");

        if (request.BpfFilter.Length > BpfLengthMax)
        {
            throw Asking.Wrong($"a filter of packets has at most {BpfLengthMax} characters");
        }

        if (FilterWords.ProblemOf(request.BpfFilter) is { } words) throw Asking.Wrong(words);

        var filter = Asking.Filter(request.Where);
        var isOurPackets = request.PacketsMax == 0 || request.PacketsMax > (ulong)limits.PacketsMax;
        var isOurBytes = request.BytesMax == 0 || request.BytesMax > (ulong)limits.PacketBytesMax;
        return new PacketSelection
        {
            Where = request.Where.Trim(),
            IsDirect = PacketFilter.Of(filter) is not null,
            SinceNanos = request.SinceNanos,
            UntilNanos = request.UntilNanos,
            PacketsMax = isOurPackets ? (ulong)limits.PacketsMax : request.PacketsMax,
            BytesMax = isOurBytes ? (ulong)limits.PacketBytesMax : request.BytesMax,
            IsOurPackets = isOurPackets,
            IsOurBytes = isOurBytes,
            Nodes = new HashSet<string>(request.Nodes, StringComparer.Ordinal),
            IsFollowing = request.Follow,
            Why = request.Why.Trim(),
            SnapLength = request.SnapLength == 0 ? int.MaxValue : (int)Math.Min(request.SnapLength, int.MaxValue),
            IsHeadersOnly = request.HeadersOnly,
            HasNames = !request.NoNames,
            BpfFilter = request.BpfFilter.Trim(),
            IsClassic = request.ClassicPcap,
        };
    }

    /// <summary>What each sensor is to do.</summary>
    public CutPackets Cut(FlowCollector? flows)
    {
        var cut = new CutPackets
        {
            Follow = IsFollowing, ByFlows = !IsDirect, PacketsMax = PacketsMax, BytesMax = BytesMax,
            BpfFilter = BpfFilter,
        };
        if (flows is not null) cut.Flows.AddRange(flows.Keys);
        if (!IsDirect) return cut;

        (cut.Where, cut.SinceNanos, cut.UntilNanos) = (Where, SinceNanos, UntilNanos);
        return cut;
    }

    /// <summary>In words, for the file and the audit log.</summary>
    public string Words()
    {
        var where = Where.Length == 0 ? "all packets" : IsDirect ? $"packets where {Where}"
            : $"connections of records where {Where}";
        if (BpfFilter.Length > 0) where += $", filtered by {BpfFilter}";
        var nodes = Nodes.Count == 0 ? "" : $" on {string.Join(", ", Nodes)}";
        var until = IsFollowing ? ", following" : UntilNanos == 0 ? "" : $" until {Time(UntilNanos)}";
        var since = SinceNanos == 0 ? "" : $" since {Time(SinceNanos)}";
        return where + nodes + since + until + (Why.Length == 0 ? "" : $" ({Why})");
    }

    public static string Time(long nanos) => DateTimeOffset.UnixEpoch.AddTicks(nanos / TimeSpan.NanosecondsPerTick)
        .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
