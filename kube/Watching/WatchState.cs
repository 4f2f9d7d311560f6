namespace NetSniff.Kube.Watching;

/// <summary>How a watch is.</summary>
/// <param name="Kind">What is watched; null before the first try.</param>
/// <param name="IsSynced">All that there is was told at least once.</param>
/// <param name="HeardAt">When the server last said something: until then all is known to be as told.</param>
/// <param name="Failure">Null while a watch is open.</param>
public sealed record WatchState(
    ResourceKind? Kind = null, bool IsSynced = false, DateTimeOffset HeardAt = default, ApiFailure? Failure = null);

/// <summary>What a watch has done. Written by one task; anyone may read.</summary>
public sealed class WatchCounters
{
    private readonly long[] _failures = new long[Enum.GetValues<FailureKind>().Length];

    /// <summary>Lists taken whole; all but the first because what was known was too old, or lost.</summary>
    public long Lists { get; internal set; }

    public long Pages { get; internal set; }

    /// <summary>Watches opened.</summary>
    public long Watches { get; internal set; }

    /// <summary>Objects that came, changed or went, as a watch told.</summary>
    public long Notices { get; internal set; }

    public long Bookmarks { get; internal set; }

    /// <summary>Objects not taken because there are too many, counted each time they are met.</summary>
    public long Refused { get; internal set; }

    /// <summary>Objects without a name, and notices of a kind that nobody knows.</summary>
    public long Odd { get; internal set; }

    public long Failures(FailureKind kind) => Volatile.Read(ref _failures[(int)kind]);

    internal void Count(FailureKind kind) => Interlocked.Increment(ref _failures[(int)kind]);
}
