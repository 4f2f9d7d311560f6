using NetSniff.Fuzz.Fuzzing;

namespace NetSniff.Fuzz.Targets;

/// <summary>Everything that strangers feed: a target for each protocol of the list, then the rest.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> Make() =>
    [
        .. Protocols.Protocols.All.Select(entry =>
            entry.CreateStream is not null ? (FuzzTarget)new StreamTarget(entry) : new DatagramTarget(entry)),
        new DecoderTarget(),
        new ShardTarget(),
        new CaptureFileTarget(),
        new BpfTarget(),
        new FilterTarget(),
        new RuleTarget(),
        new TextDecoderTarget(),
    ];
}
