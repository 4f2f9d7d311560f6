namespace NetSniff.Worker.Enrich;

/// <summary>How much is remembered of who had which address.</summary>
public sealed record IdentityOptions
{
    /// <summary>How long after its end a tenure is kept: as long as a sensor's spool may wait, and some.</summary>
    public TimeSpan HistoryMax { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Tenures that are over; beyond, those that ended first go.</summary>
    public int EndedMax { get; init; } = 200_000;

    /// <summary>Objects known at a time; more are not taken.</summary>
    public int ObjectsMax { get; init; } = 500_000;

    /// <summary>Networks and hosts that are networks; each is asked in turn.</summary>
    public int NetworksMax { get; init; } = 1024;
}

/// <summary>What is known, and what was given up at the limits.</summary>
public readonly record struct IdentityCounts
{
    public int Objects { get; init; }

    /// <summary>Addresses that somebody has or had.</summary>
    public int Addresses { get; init; }

    /// <summary>Tenures that are over and remembered.</summary>
    public int Ended { get; init; }

    /// <summary>Forgotten for their age, and because there were too many.</summary>
    public long EndedByAge { get; init; }

    public long EndedByCount { get; init; }

    public long ObjectsRefused { get; init; }

    public long NetworksRefused { get; init; }

    public long Changes { get; init; }
}
