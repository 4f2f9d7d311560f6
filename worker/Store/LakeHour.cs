using NetSniff.Records;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store;

/// <summary>One hour's records from anywhere on their way to Parquet files: they go into a DuckDB store that lives for
/// this hour alone, and from there into the lake.</summary>
public sealed class LakeHour : RecordConsumer, IDisposable
{
    private const string FolderStart = ".export-";

    /// <summary>Bytes of records after which they go to the disk.</summary>
    private const long PendingBytesMax = 64L << 20;

    private static readonly LaneId s_lane = new(new string('0', 32), "lake");

    private readonly string _folder;
    private readonly long _hour;
    private readonly DuckDbStore _store;
    private ulong _batches;

    /// <param name="lake">Where the files will be: it is made there, so that they need not be copied.</param>
    /// <param name="hour">Hours since 1970 UTC.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public LakeHour(string lake, long hour)
    {
        _hour = hour;
        _folder = Path.Combine(lake, FolderStart + Guid.NewGuid().ToString("N"));
        _store = new DuckDbStore(new DuckDbOptions
        {
            Folder = _folder,
            PendingBytesMax = PendingBytesMax,
            Clock = new ClockOf(hour),
        });
    }

    public override void Consume(ReadOnlySpan<byte> records, int count) => _store.Append(
        new StoreBatch { Lane = s_lane, Sequence = ++_batches, Records = records, Count = count });

    /// <summary>Writes what came as the hour's files.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <returns>Records written.</returns>
    public long Finish(ParquetExport export, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(export);
        _store.Commit();
        return _store.ExportParquet(
            export with
            {
                SinceNanos = _hour * Partition.HourNanos,
                UntilNanos = (_hour + 1) * Partition.HourNanos,
                Progressed = null,
            },
            cancel);
    }

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Stands still in the hour, which so has a file however long ago it was.</summary>
    private sealed class ClockOf(long hour) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddHours(hour);
    }
}
