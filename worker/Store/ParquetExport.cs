namespace NetSniff.Worker.Store;

/// <summary>What goes into a lake of Parquet files, and where it lies: `kind=http/date=2026-03-01/hour=12/` and the
/// file's name.</summary>
public sealed record ParquetExport
{
    public const string FileNameDefault = "records.parquet";

    public required string Folder { get; init; }

    /// <summary>Of its own for each of those who write into one folder: a file replaces one of its name.</summary>
    public string FileName { get; init; } = FileNameDefault;

    /// <summary>Names of record kinds; none for all.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Nanoseconds since 1970 UTC, inclusive; 0 for open. The whole hour is written, as with
    /// <see cref="UntilNanos"/>.</summary>
    public long SinceNanos { get; init; }

    /// <summary>Exclusive; 0 for open.</summary>
    public long UntilNanos { get; init; }

    /// <summary>Told after each hour.</summary>
    public Action<ExportProgress>? Progressed { get; init; }
}

public readonly record struct ExportProgress(int HoursDone, int HoursAll, long Records);
