namespace NetSniff.Worker.Merge;

/// <summary>When what several interfaces saw is one connection, and how much is held to find out.</summary>
public sealed record MergeOptions
{
    /// <summary>How far apart two interfaces may see the first packet of one connection: the way there, and what the
    /// clocks of two nodes may differ by.</summary>
    public TimeSpan StartsApartMax { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A leg between two nodes that is shorter than this says more about their clocks than about the leg.
    /// </summary>
    public TimeSpan ClocksApartMax { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a follower waits for what other interfaces saw.</summary>
    public TimeSpan HoldMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Flow records held at a time.</summary>
    public int HeldMax { get; init; } = 1 << 18;
}
