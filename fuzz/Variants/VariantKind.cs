using NetSniff.Fuzz.Captures;

namespace NetSniff.Fuzz.Variants;

/// <summary>What a variant owes to the capture it was made from.</summary>
internal enum VariantPromise : byte
{
    /// <summary>The same records.</summary>
    Same,

    /// <summary>Of every connection the same records, or none: a start behind a proxy or STARTTLS is looked for where a
    /// segment begins, and takes more than a byte to be known.</summary>
    SameOrUnclaimed,

    /// <summary>The same records or fewer, and whatever differs marked partial.</summary>
    SameOrPartial,
}

/// <summary>One way of carrying the same connections.</summary>
internal sealed record VariantKind(
    string Name, VariantPromise Promise, Func<IReadOnlyList<Segment>, Random, IReadOnlyList<CapturedFrame>> Make);

/// <summary>Every way. Adding one is adding its line.</summary>
internal static class VariantKinds
{
    private const int OldMss = 536; // RFC 9293 section 3.7.1
    private const int UsualMss = 1448;

    public static IReadOnlyList<VariantKind> All { get; } =
    [
        new("rebuilt", VariantPromise.Same, static (segments, _) => Plain(segments)),
        new("1-byte", VariantPromise.SameOrUnclaimed, static (segments, _) =>
            Plain(Resegment.Split(segments, static () => 1))),
        new("mss-1448", VariantPromise.Same, static (segments, _) =>
            Plain(Resegment.Split(Resegment.Join(segments, UsualMss), static () => UsualMss))),
        new("mss-536", VariantPromise.Same, static (segments, _) =>
            Plain(Resegment.Split(segments, static () => OldMss))),
        new("random", VariantPromise.Same, static (segments, random) =>
            Plain(Resegment.Split(segments, () => 1 + random.Next(1 + random.Next(UsualMss))))),
        new("reordered", VariantPromise.Same, static (segments, random) =>
            Plain(Resegment.Swap(Resegment.Split(segments, () => 1 + random.Next(OldMss)), random))),
        new("duplicated", VariantPromise.Same, static (segments, _) => Plain(Resegment.Double(segments))),
        new("vlan", VariantPromise.Same, static (segments, _) =>
            [.. segments.Select(static segment => FrameBuilder.Vlan(segment, 42))]),
        new("vxlan", VariantPromise.Same, static (segments, _) =>
            [.. segments.Select(static segment => FrameBuilder.Vxlan(segment, 77))]),
        new("ipv6", VariantPromise.Same, static (segments, _) => Plain([.. segments.Select(FrameBuilder.ToIpv6)])),
        new("one lost", VariantPromise.SameOrPartial, static (segments, random) =>
            Plain(Resegment.Lose(Resegment.Split(segments, static () => OldMss), random))),
        new("from the middle", VariantPromise.SameOrPartial, static (segments, random) =>
            Plain(Resegment.FromMiddle(segments, random))),
    ];

    private static IReadOnlyList<CapturedFrame> Plain(IReadOnlyList<Segment> segments) =>
        [.. segments.Select(FrameBuilder.Ethernet)];
}
