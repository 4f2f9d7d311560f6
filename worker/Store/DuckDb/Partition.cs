using System.Collections.Immutable;
using System.Globalization;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>One file: the records of an hour, or those whose time is out of all bounds.</summary>
internal sealed class Partition(string path, long hour)
{
    /// <summary>The hour of the file that holds what has no hour, and the store's own books.</summary>
    public const long NoHour = long.MinValue;

    public const long HourNanos = 3_600_000_000_000;

    private const string FileFormat = "yyyy-MM-dd'T'HH";

    private ImmutableDictionary<string, ImmutableArray<string>> _tables =
        ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    public string Path { get; } = path;

    /// <summary>Hours since 1970 UTC.</summary>
    public long Hour { get; } = hour;

    public string Catalog { get; } = hour == NoHour ? "books" : "h" + TimeOf(hour).ToString(
        "yyyyMMddHH", CultureInfo.InvariantCulture);

    /// <summary>The last batch of each lane whose records are here. For the writer alone.</summary>
    public Dictionary<uint, ulong> Marks { get; } = [];

    /// <summary>Columns of each table, in order. Told before the first row that has them.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Tables
    {
        get => Volatile.Read(ref _tables);
        set => Volatile.Write(ref _tables, value);
    }

    /// <summary>How many records of each kind, and from when.</summary>
    public ImmutableDictionary<string, Span> Spans { get; set; } = ImmutableDictionary<string, Span>.Empty;

    public long Records => Spans.Values.Sum(span => span.Records);

    public static string FileName(long hour) =>
        TimeOf(hour).ToString(FileFormat, CultureInfo.InvariantCulture) + ".duckdb";

    public static bool TryHour(string fileName, out long hour)
    {
        var isTime = DateTime.TryParseExact(
            fileName, FileFormat + "'.duckdb'", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time);
        hour = isTime ? (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerHour : 0;
        return isTime;
    }

    public static long HourOf(long nanos) => Math.DivRem(nanos, HourNanos) is var (hour, rest) && rest < 0
        ? hour - 1
        : nanos / HourNanos;

    /// <summary>Bytes of the file and its log.</summary>
    public long BytesOnDisk()
    {
        var bytes = 0L;
        foreach (var path in (ReadOnlySpan<string>)[Path, Path + ".wal"])
        {
            var file = new FileInfo(path);
            if (file.Exists) bytes += file.Length;
        }

        return bytes;
    }

    private static DateTime TimeOf(long hour) => DateTime.UnixEpoch.AddHours(hour);

    /// <param name="Oldest">Nanoseconds since 1970 UTC, as <paramref name="Newest"/>.</param>
    public readonly record struct Span(long Records, long Oldest, long Newest)
    {
        public Span With(long nanos) => Records == 0
            ? new Span(1, nanos, nanos)
            : new Span(Records + 1, Math.Min(Oldest, nanos), Math.Max(Newest, nanos));

        public Span With(Span other) => other.Records == 0 ? this : Records == 0 ? other : new Span(
            Records + other.Records, Math.Min(Oldest, other.Oldest), Math.Max(Newest, other.Newest));
    }
}
