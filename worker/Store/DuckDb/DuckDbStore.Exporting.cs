using System.Globalization;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Parquet files for others.</summary>
public sealed partial class DuckDbStore
{
    /// <remarks>The engine may write nowhere but in the store's own folder: files are made there, and moved when they
    /// are whole. An hour that is exported again replaces what was exported before.</remarks>
    public long ExportParquet(string folder, long sinceNanos, long untilNanos, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var files = Files;
        var staging = Path.Combine(Path.GetFullPath(_options.Folder), "export-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(staging);
        using var reader = new DuckReader(files, TimeSpan.Zero, cancel);
        try
        {
            var written = 0L;
            // Hours are written whole, or a second export of a part would replace the first.
            var until = untilNanos == 0 ? 0 : (Partition.HourOf(untilNanos - 1) + 1) * Partition.HourNanos;
            var since = Partition.HourOf(sinceNanos) * Partition.HourNanos;
            var query = new RecordQuery { SinceNanos = since, UntilNanos = until };
            foreach (var span in Spans(files, reader.Hours, query))
            {
                foreach (var table in files.Kinds.All)
                {
                    cancel.ThrowIfCancellationRequested();
                    if (span.Hour is not null) written += Export(reader, table, span, staging, folder);
                }
            }

            return written;
        }
        catch (DuckException error)
        {
            throw ReadFailure(error, files, cancel);
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private static long Export(DuckReader reader, KindTable table, TimeSpanOf span, string staging, string folder)
    {
        if (!MayHave(span.Hour!, table, span)) return 0;

        var path = Path.Combine(staging, "part.parquet");
        var within = $"time >= {SqlText.Time(span.First)} AND time <= {SqlText.Time(span.Last)}";
        var written = reader.Connection.Number(
            $"SELECT count(*) FROM {SqlText.Name(table.Name)} WHERE {within}");
        if (written == 0) return 0;

        reader.Connection.Run(
            $"COPY (SELECT * EXCLUDE (src_addr, dst_addr) FROM {SqlText.Name(table.Name)} "
            + $"WHERE {within} ORDER BY time) TO {SqlText.Text(path)} (FORMAT parquet, COMPRESSION zstd)");
        var hour = DateTime.UnixEpoch.AddHours(span.Hour!.Hour);
        var target = Path.Combine(
            folder, $"kind={table.Name}",
            string.Create(CultureInfo.InvariantCulture, $"date={hour:yyyy-MM-dd}"),
            string.Create(CultureInfo.InvariantCulture, $"hour={hour:HH}"));
        Directory.CreateDirectory(target);
        File.Move(path, Path.Combine(target, "records.parquet"), overwrite: true);
        return written;
    }
}
