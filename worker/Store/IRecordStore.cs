using NetSniff.Records;

namespace NetSniff.Worker.Store;

/// <summary>Keeps records and finds them again. One thread writes; any thread reads, while it is written.</summary>
/// <remarks>A batch is stored whole, once, or not at all: what <see cref="Stored"/> says after a crash is what its
/// tables hold.</remarks>
public interface IRecordStore : IDisposable
{
    /// <summary>The last batch of each lane that is committed.</summary>
    IReadOnlyDictionary<LaneId, ulong> Stored { get; }

    /// <summary>Never throws: where the store is broken, what was last known.</summary>
    StoreCounts Counts { get; }

    /// <summary>What is kept of each kind of record; as <see cref="Counts"/>.</summary>
    IReadOnlyList<KindCounts> Kinds { get; }

    /// <summary>Hours that have records, in order; as <see cref="Counts"/>. What has no hour is in none.</summary>
    IReadOnlyList<HourCounts> Hours { get; }

    /// <summary>What is kept. What is too much by a new one goes with the next <see cref="Expire"/>.</summary>
    StoreRetention Retention { get; set; }

    /// <summary>Adds a batch, to be seen after <see cref="Commit"/>. One that is stored already is left alone.
    /// </summary>
    /// <returns>Whether it was new.</returns>
    bool Append(in StoreBatch batch);

    /// <summary>Makes what was appended durable and visible.</summary>
    /// <exception cref="IOException">The disk is full or gone; nothing since the last commit counts as stored, and the
    /// same batches must be appended again: a store that keeps parts in several files may have some of their records
    /// already, and takes only what it lacks.</exception>
    void Commit();

    /// <summary>Drops what was appended and is not committed; it may be appended again.</summary>
    void Forget();

    /// <summary>Forgets batches that another worker has as well. Commits first. Those that are not stored yet are
    /// refused when they come: <see cref="Append"/> says that they are not new, and counts them as stored.</summary>
    /// <exception cref="IOException">As from <see cref="Commit"/>; what is left may be taken back again.</exception>
    void Retract(LaneId lane, IReadOnlyList<ulong> sequences);

    /// <summary>Drops what is too old or too much, oldest first.</summary>
    /// <returns>Records dropped.</returns>
    long Expire(long nowNanos);

    /// <summary>Gives matching records to a consumer, in order of time.</summary>
    /// <returns>Whether a limit cut the answer.</returns>
    /// <exception cref="FormatException">The filter cannot be read, or there is no such kind.</exception>
    /// <exception cref="IOException">The store cannot be read, or was closed meanwhile.</exception>
    bool Read(RecordQuery query, RecordConsumer consumer, CancellationToken cancel);

    /// <summary>Groups, sums and counts. Rows with the largest first measure are kept; where there are buckets the
    /// answer is in their order, else largest first.</summary>
    /// <exception cref="FormatException">The filter, a field or a measure cannot be read.</exception>
    /// <exception cref="TimeoutException">It is too much work.</exception>
    IReadOnlyList<AggregateRow> Aggregate(AggregateQuery query, CancellationToken cancel);

    /// <summary>Runs read-only SQL under limits.</summary>
    /// <exception cref="SqlException">It is not SQL, asks for what is not allowed, or for too much.</exception>
    /// <exception cref="TimeoutException">It took longer than it may.</exception>
    SqlResult Sql(SqlQuery query, CancellationToken cancel);

    /// <summary>Writes every hour that a time range touches as Parquet files, one folder per kind, date and hour. An
    /// hour that is written again replaces what was there.</summary>
    /// <exception cref="FormatException">There is no such kind.</exception>
    /// <exception cref="IOException">The folder cannot be written, or the store not be read.</exception>
    /// <returns>Records written.</returns>
    long ExportParquet(ParquetExport export, CancellationToken cancel);
}

/// <summary>Which records.</summary>
public sealed record RecordQuery
{
    /// <summary>Names of record kinds; none for all.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Text of the filter; what of it the store cannot evaluate is asked of each record read.</summary>
    public string? Where { get; init; }

    /// <summary>Nanoseconds since 1970 UTC, inclusive; 0 for open.</summary>
    public long SinceNanos { get; init; }

    /// <summary>Exclusive; 0 for open.</summary>
    public long UntilNanos { get; init; }

    /// <summary>At most so many, from the beginning or, with <see cref="IsLast"/>, from the end.</summary>
    public int CountMax { get; init; } = 10_000;

    public bool IsLast { get; init; }

    /// <summary>Told before the first record which batches the answer is drawn from: the last of each lane, seen at the
    /// same instant as the records. Whoever reads on from there, live, has no gap and nothing twice.</summary>
    public Action<IReadOnlyDictionary<LaneId, ulong>>? Seen { get; init; }
}

public sealed record AggregateQuery
{
    public required string Kind { get; init; }

    public string? Where { get; init; }

    public long SinceNanos { get; init; }

    public long UntilNanos { get; init; }

    /// <summary>Fields to group by.</summary>
    public IReadOnlyList<string> By { get; init; } = [];

    /// <summary>`count`, `sum(FIELD)`, `min(FIELD)`, `max(FIELD)`, `p50(FIELD)` … `p99(FIELD)`.</summary>
    public IReadOnlyList<string> Measures { get; init; } = ["count"];

    /// <summary>Width of time buckets, nanoseconds; 0 for none.</summary>
    public long BucketNanos { get; init; }

    /// <summary>Field whose logarithmic buckets are a second axis.</summary>
    public string? Heat { get; init; }

    /// <summary>Buckets for each doubling.</summary>
    public int HeatSteps { get; init; } = 2;

    public int RowsMax { get; init; } = 1000;
}

public sealed record AggregateRow(
    IReadOnlyList<string> By, long BucketNanos, double Heat, IReadOnlyList<double> Values);

public sealed record SqlQuery(string Text, int RowsMax, TimeSpan Timeout);

/// <param name="Rows">Values as JSON.</param>
public sealed record SqlResult(
    IReadOnlyList<(string Name, string Type)> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, bool IsCut);

/// <param name="OldestNanos">Nanoseconds since 1970 UTC, as <paramref name="NewestNanos"/>; 0 when there is none.
/// </param>
public sealed record KindCounts(string Kind, long Records, long OldestNanos, long NewestNanos);

/// <param name="Hour">Hours since 1970 UTC.</param>
public readonly record struct HourCounts(long Hour, long Records);

/// <summary>What is kept, and what went.</summary>
public readonly record struct StoreCounts
{
    public long Records { get; init; }

    public long RecordsExpired { get; init; }

    public long RecordsRetracted { get; init; }

    public long BytesOnDisk { get; init; }

    /// <summary>Files whose records were lost because they were damaged.</summary>
    public long FilesDamaged { get; init; }

    /// <summary>Times of the oldest and newest record, nanoseconds since 1970 UTC; 0 when there is none.</summary>
    public long OldestNanos { get; init; }

    public long NewestNanos { get; init; }
}

/// <summary>Says what is wrong with SQL, in words for whoever wrote it.</summary>
public sealed class SqlException(string message, Exception? inner = null) : Exception(message, inner);
