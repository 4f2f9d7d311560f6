namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Where a store is, how much it keeps, and what questions may use.</summary>
public sealed record ClickHouseOptions
{
    /// <summary>One worker alone writes to a database.</summary>
    public required ClickHouseAddress Address { get; init; }

    /// <summary>Asked for with each request, since a file of secrets may change; null for none.</summary>
    public Func<string?>? Password { get; init; }

    /// <summary>Hours that began longer ago are dropped.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Bytes that the tables take on the server's disk; the oldest hours go first.</summary>
    public long BytesMax { get; init; } = 50L << 30;

    /// <summary>How far a record's time may be ahead of our clock and still get an hour of its own.</summary>
    public TimeSpan AheadMax { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Records whose time is too far from our clock, kept beside the hours; the fullness of which drops them.
    /// </summary>
    public long StraysMax { get; init; } = 1_000_000;

    /// <summary>Bytes of records that wait for <see cref="IRecordStore.Commit"/>; more commits by itself. A table's
    /// part of it is one block, which the server holds in memory while it sorts it.</summary>
    public long PendingBytesMax { get; init; } = 192L << 20;

    /// <summary>Memory of one question on the server.</summary>
    public long MemoryBytesMax { get; init; } = 2L << 30;

    /// <summary>Bytes of an answer to SQL.</summary>
    public long AnswerBytesMax { get; init; } = 64L << 20;

    /// <summary>Different texts that an aggregate's filter may ask of one field, where the server cannot ask itself.
    /// </summary>
    public int TextsAskedMax { get; init; } = 100_000;

    public TimeSpan ConnectMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Until the server says that it has a block, or has begun with an answer.</summary>
    public TimeSpan AnswerMax { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Called before each step of a commit: where tests let things break.</summary>
    internal Action<CommitStep>? Before { get; init; }
}

internal enum CommitStep { Rows, Marks, Claim }
