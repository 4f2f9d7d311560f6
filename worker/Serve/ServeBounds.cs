namespace NetSniff.Worker.Serve;

/// <summary>Those of the limits that may change while a worker runs; swapped whole. A call keeps to those it asked
/// last.</summary>
public sealed record ServeBounds
{
    /// <summary>Records of one answer out of the past.</summary>
    public int RecordsMax { get; init; } = 1_000_000;

    public int FollowersMax { get; init; } = 2000;

    /// <summary>Rows of an aggregate.</summary>
    public int RowsMax { get; init; } = 10_000;

    public int SqlRowsMax { get; init; } = 100_000;

    public TimeSpan SqlMax { get; init; } = TimeSpan.FromMinutes(5);
}
