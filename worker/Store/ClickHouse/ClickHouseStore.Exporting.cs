using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Parquet files for others.</summary>
public sealed partial class ClickHouseStore
{
    public IReadOnlyList<HourCounts> Hours
    {
        get
        {
            var picture = _picture;
            return [.. picture.Hours.Select(hour => new HourCounts(
                hour, picture.Spans.Values.Sum(hours => hours.GetValueOrDefault(hour).Records)))];
        }
    }

    /// <remarks>An old server knows no Parquet, and a new one would write it on its own disk: the worker makes the
    /// files, of the same shape as from its own store.</remarks>
    public long ExportParquet(ParquetExport export, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(export);
        CheckKinds(export.Kinds);
        var first = Partition.HourOf(export.SinceNanos);
        var last = export.UntilNanos == 0 ? long.MaxValue : Partition.HourOf(export.UntilNanos - 1);
        var hours = Hours.Where(hour => hour.Hour >= first && hour.Hour <= last).ToList();
        var written = 0L;
        for (var index = 0; index < hours.Count; index++)
        {
            using var files = new LakeHour(export.Folder, hours[index].Hour);
            var query = new RecordQuery
            {
                Kinds = export.Kinds,
                SinceNanos = hours[index].Hour * Partition.HourNanos,
                UntilNanos = (hours[index].Hour + 1) * Partition.HourNanos,
                CountMax = int.MaxValue - 1,
            };
            Read(query, files, cancel);
            written += files.Finish(export, cancel);
            export.Progressed?.Invoke(new ExportProgress(index + 1, hours.Count, written));
        }

        return written;
    }
}
