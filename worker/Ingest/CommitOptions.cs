namespace NetSniff.Worker.Ingest;

/// <summary>How often what was read from the log is made durable in the store.</summary>
public sealed record CommitOptions
{
    public int RecordsMax { get; init; } = 1 << 18;

    /// <summary>Bytes of records, where somebody follows them. With a batch more it is no more than a store takes
    /// before it commits by itself: what it commits so and is read again after a failure is known to it and shown to
    /// nobody.</summary>
    public int BytesMax { get; init; } = 160 << 20;

    /// <summary>Where nothing more waits in the log: how old what is shown may be.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Where more waits: a commit costs much, and a row in a large one half of what it costs in a small one.
    /// </summary>
    public TimeSpan EveryBusy { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After a failure of the store the same batches are tried again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A batch at which the store fails so often, for another reason than its disk, is given up.</summary>
    public int TriesMax { get; init; } = 5;

    /// <summary>Old records are looked for so often.</summary>
    public TimeSpan ExpireEvery { get; init; } = TimeSpan.FromSeconds(60);
}
