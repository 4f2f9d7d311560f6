using NetSniff.Packets;
using NetSniff.Wire.Control;
using NetSniff.Worker.Serve.Access;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>What it takes to give out raw packets. A permission of its own: who may read records may not yet read
/// these.</summary>
public sealed record PacketServing
{
    /// <summary>Lines to the sensors.</summary>
    public required SensorLinks Links { get; init; }

    /// <summary>The secret of those who may; null when certificates alone let in.</summary>
    public BearerToken? Token { get; init; }

    /// <summary>Whose certificates let in, by their common names. Those of other workers do as well.</summary>
    public IReadOnlySet<string> Names { get; init; } = new HashSet<string>();

    /// <summary>Who had an address at a time; null for nobody known.</summary>
    public Func<Address, long, string?>? NameOf { get; init; }

    /// <summary>Told of who asked for packets, and what they got.</summary>
    public Action<string> Audit { get; init; } = static _ => { };

    public PacketCounters Counters { get; } = new();
}
