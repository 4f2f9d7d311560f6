using NetSniff.Config;
using NetSniff.Kube.Resources;
using CoreQuantity = NetSniff.Config.Quantity;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>What one sensor is to do for all profiles that mean its node, but for whose traffic.</summary>
/// <remarks>Made of any number of profiles, whatever their order: everything that one of them wants is looked at, as
/// deeply as the deepest of them wants, and what one of them wants unreadable is unreadable for all. What sensors may
/// cost is said by those of the cluster, and where there are none by all (<see cref="NotTaken"/>).</remarks>
public sealed record CapturePlan
{
    private const long PacketsPerSecondMax = 100_000_000;
    private const decimal CpusMax = 1024;

    private static readonly RedactionSettings s_unredacted =
        new() { Mode = Kube.Resources.RedactionMode.Disabled, Presets = [] };

    /// <summary>None for all that carry traffic of the targets.</summary>
    public required IReadOnlyList<string> Include { get; init; }

    public required IReadOnlyList<string> Exclude { get; init; }

    public required CaptureBackend Backend { get; init; }

    public required CaptureDirection Direction { get; init; }

    /// <summary>Of the buffer between kernel and sensor; zero for the sensor's own.</summary>
    public required decimal RingBytes { get; init; }

    public required RingFanout Fanout { get; init; }

    public required int SnapLength { get; init; }

    /// <summary>Empty for all packets.</summary>
    public required string BpfFilter { get; init; }

    /// <summary>One flow of so many is read; 1 for all.</summary>
    public required int OneIn { get; init; }

    /// <summary>Null for every protocol there is; an empty list for none.</summary>
    public required IReadOnlyList<string>? Protocols { get; init; }

    /// <summary>Of protocols that are looked for on certain ports alone.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<int>> Ports { get; init; }

    public required Kube.Resources.PayloadLevel Level { get; init; }

    public required RedactionSettings Redaction { get; init; }

    /// <summary>Zero for what the control group allows.</summary>
    public required decimal Cpus { get; init; }

    /// <summary>Zero for what the control group allows.</summary>
    public required decimal MemoryBytes { get; init; }

    /// <summary>Zero for no limit.</summary>
    public required long PacketsPerSecondMost { get; init; }

    public required OverloadStep OnOverload { get; init; }

    /// <summary>Of the packets that a node keeps; zero for the sensor's own.</summary>
    public required decimal BufferBytes { get; init; }

    /// <summary>Zero for the sensor's own.</summary>
    public required TimeSpan BufferAge { get; init; }

    /// <param name="specs">At least one.</param>
    public static CapturePlan Of(IReadOnlyList<CaptureProfileSpec> specs)
    {
        ArgumentNullException.ThrowIfNull(specs);
        var captures = specs.Select(static one => one.Capture).ToList();
        // What a sensor may cost, and what it passes over whoever asks: the cluster's to say where it says anything.
        var ofCluster = specs.Where(static one => one.Scope == ResourceScope.Cluster).ToList();
        var deciding = ofCluster.Count > 0 ? ofCluster : specs;
        var interfaces = deciding.Select(static one => one.Capture.Interfaces).ToList();
        var budgets = deciding.Select(static one => one.Budget).ToList();
        var buffers = ofCluster.Select(static one => one.Storage.PacketBuffer).ToList();
        return new CapturePlan
        {
            Include = UnionUnlessAny(interfaces.Select(static one => one.Include ?? [])),
            Exclude = Intersection(interfaces.Select(static one => one.Exclude ?? [])),
            // AFXDP is not there; what two profiles see differently is left to the sensor.
            Backend = deciding.Select(static one => one.Capture.Backend).Distinct().ToList() is [var backend]
                && backend != CaptureBackend.AFXDP ? backend : CaptureBackend.Auto,
            RingBytes = ofCluster.Select(static one => AmountOf(one.Capture.Ring.Size)).DefaultIfEmpty().Max(),
            // One thread is less than what another profile may need.
            Fanout = ofCluster.Count > 0 && ofCluster.TrueForAll(static one => one.Capture.Ring.Fanout == RingFanout.None)
                ? RingFanout.None : RingFanout.FlowHash,
            Direction = captures.Select(static one => one.Direction).Distinct().ToList() is [var only]
                ? only : CaptureDirection.Both,
            SnapLength = captures.Max(static one => one.SnapLength),
            BpfFilter = AnyOf(captures.Select(static one => one.BpfFilter ?? "")),
            OneIn = captures.Min(static one =>
                one.Sampling.Mode == Kube.Resources.SamplingMode.Flow ? one.Sampling.OneIn : 1),
            Protocols = ProtocolsOf(specs),
            Ports = PortsOf(specs),
            Level = specs.Max(static one => one.Payload.Level),
            Redaction = RedactionOf(specs.Select(static one => one.Redaction).ToList()),
            Cpus = Math.Min(CpusMax, SumUnlessAnyIsSilent(budgets.Select(static one => AmountOf(one.Cpu)))),
            MemoryBytes = SumUnlessAnyIsSilent(budgets.Select(static one => AmountOf(one.Memory))),
            PacketsPerSecondMost = Math.Min(
                PacketsPerSecondMax,
                (long)SumUnlessAnyIsSilent(budgets.Select(static one => (decimal)(one.MaxPacketsPerSecond ?? 0)))),
            OnOverload = budgets.Min(static one => one.OnOverload),
            BufferBytes = buffers.Select(static one => AmountOf(one.Size)).DefaultIfEmpty().Max(),
            BufferAge = buffers.Select(static one => one.MaxAge?.Span() ?? TimeSpan.Zero).DefaultIfEmpty().Max(),
        };
    }

    /// <summary>Names of a profile's protocols that a sensor knows; null for all.</summary>
    public static IReadOnlyList<string>? ServedOf(CaptureProfileSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Protocols is not { Count: > 0 } wanted) return null;

        return
        [
            .. wanted.Where(static one => one.Name != ProtocolName.Plugin).Select(static one => one.Name.ToString()),
        ];
    }

    /// <summary>Whether more is told of it than that it was spoken.</summary>
    public static bool IsRead(ProtocolName name) => name != ProtocolName.Plugin
        && ConfigReader.KnownProtocols().Contains(
            ConfigReader.ProtocolOf(name.ToString()), StringComparer.OrdinalIgnoreCase);

    private static IReadOnlyList<string>? ProtocolsOf(IReadOnlyList<CaptureProfileSpec> specs)
    {
        var all = specs.Select(ServedOf).ToList();
        return all.Any(static one => one is null) ? null : Union(all.Select(static one => one!));
    }

    /// <summary>A profile that names a protocol without ports, or no protocol, wants it wherever it is; so do more
    /// ports than a sensor takes.</summary>
    private static Dictionary<string, IReadOnlyList<int>> PortsOf(IReadOnlyList<CaptureProfileSpec> specs) =>
        specs.SelectMany(static one => one.Protocols ?? []).Where(static one => one.Name != ProtocolName.Plugin)
            .GroupBy(static one => one.Name.ToString(), StringComparer.Ordinal)
            .Where(static group => group.All(static one => one.Ports is { Count: > 0 }))
            .Select(static group => (
                group.Key, Ports: group.SelectMany(static one => one.Ports!).Distinct().Order().ToList()))
            .Where(static one => one.Ports.Count <= ProtocolConfig.PortsMax)
            .ToDictionary(static one => one.Key, static IReadOnlyList<int> (one) => one.Ports, StringComparer.Ordinal);

    private static RedactionSettings RedactionOf(IReadOnlyList<RedactionSettings> all)
    {
        // What is off redacts nothing; what one who has it on wants out, goes out.
        var enforced = all.Where(static one => one.Mode == Kube.Resources.RedactionMode.Enforce).ToList();
        if (enforced.Count == 0) return s_unredacted;

        var patterns = enforced.SelectMany(static one => one.Patterns ?? []).DistinctBy(static one => one.Regex)
            .OrderBy(static one => one.Regex, StringComparer.Ordinal);
        return new RedactionSettings
        {
            Mode = Kube.Resources.RedactionMode.Enforce,
            Presets = [.. enforced.SelectMany(static one => one.Presets).Distinct().Order()],
            Headers = Union(enforced.Select(static one => Lowered(one.Headers))),
            JsonFields = Union(enforced.Select(static one => one.JsonFields ?? [])),
            QueryParameters = Union(enforced.Select(static one => one.QueryParameters ?? [])),
            Patterns = [.. patterns],
        };
    }

    private static IReadOnlyList<string> Lowered(IReadOnlyList<string>? names) =>
        [.. (names ?? []).Select(static name => name.ToLowerInvariant())];

    private static IReadOnlyList<string> Union(IEnumerable<IReadOnlyList<string>> lists) =>
        [.. lists.SelectMany(static list => list).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>An empty list means everything, which is more than any list.</summary>
    private static IReadOnlyList<string> UnionUnlessAny(IEnumerable<IReadOnlyList<string>> lists)
    {
        var all = lists.ToList();
        return all.Any(static list => list.Count == 0) ? [] : Union(all);
    }

    private static IReadOnlyList<string> Intersection(IEnumerable<IReadOnlyList<string>> lists)
    {
        var all = lists.ToList();
        return [.. Union(all).Where(name => all.TrueForAll(list => list.Contains(name)))];
    }

    private static string AnyOf(IEnumerable<string> filters)
    {
        var all = filters.Select(static one => one.Trim()).Distinct().Order(StringComparer.Ordinal).ToList();
        if (all.Any(static one => one.Length == 0)) return "";

        return all is [var only] ? only : string.Join(" or ", all.Select(static one => $"({one})"));
    }

    private static decimal AmountOf(Kube.Resources.Quantity? quantity) =>
        quantity is not null && CoreQuantity.TryParse(quantity.Text, out var amount) ? amount : 0;

    /// <summary>Who says nothing wants no limit of this kind.</summary>
    private static decimal SumUnlessAnyIsSilent(IEnumerable<decimal> amounts)
    {
        var all = amounts.ToList();
        return all.Any(static one => one == 0) ? 0 : all.Sum();
    }
}
