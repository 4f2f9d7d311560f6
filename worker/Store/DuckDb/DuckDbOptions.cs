namespace NetSniff.Worker.Store.DuckDb;

/// <summary>How much a store keeps, and what it may use.</summary>
public sealed record DuckDbOptions
{
    /// <summary>Where the files are; made when it is not there. Nobody else may open them meanwhile.</summary>
    public required string Folder { get; init; }

    /// <summary>Hours that began longer ago are dropped.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Bytes on disk; the oldest hours go first.</summary>
    public long BytesMax { get; init; } = 50L << 30;

    /// <summary>Hours kept at most, each a file that stays open.</summary>
    public int PartitionsMax { get; init; } = 31 * 24;

    /// <summary>How far a record's time may be ahead of our clock and still get an hour of its own.</summary>
    public TimeSpan AheadMax { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Records whose time is too far from our clock, kept beside the hours; the fullness of which drops them.
    /// </summary>
    public long StraysMax { get; init; } = 1_000_000;

    /// <summary>Bytes of records that wait for <see cref="IRecordStore.Commit"/>; more commits by itself.</summary>
    public long PendingBytesMax { get; init; } = 256L << 20;

    /// <summary>Memory of the database: caches, sorting, grouping.</summary>
    public long MemoryBytesMax { get; init; } = 1L << 30;

    /// <summary>Bytes on disk that a query may spill to.</summary>
    public long SpillBytesMax { get; init; } = 4L << 30;

    /// <summary>Threads that the engine has in all; each query runs on its caller's too. One fewer than processors:
    /// a commit hands tasks to the others and looks for them without rest until they are done, which on two
    /// processors cost 0.5 s of CPU for a million records and gained nothing.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Bytes of an answer to SQL.</summary>
    public long AnswerBytesMax { get; init; } = 64L << 20;

    /// <summary>Called when hours are written and the books are not: where tests crash.</summary>
    internal Action? BeforeBooks { get; init; }

    /// <summary>Called when a question is put into words and not asked: where tests store more.</summary>
    internal Action? BeforeAsking { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
