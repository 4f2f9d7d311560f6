using System.Collections.Immutable;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Parquet files for others.</summary>
public sealed partial class DuckDbStore
{
    public IReadOnlyList<HourCounts> Hours =>
        [.. _known.Hours.Select(hour => new HourCounts(hour.Hour, hour.Records)).Where(hour => hour.Records > 0)];

    /// <remarks>The engine may write nowhere but in the store's own folder: files are made there, and moved when they
    /// are whole.</remarks>
    public long ExportParquet(ParquetExport export, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(export);
        var files = Files;
        var tables = TablesOf(files, export.Kinds);
        var staging = Path.Combine(Path.GetFullPath(_options.Folder), "export-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(staging);
        using var reader = new DuckReader(files, TimeSpan.Zero, cancel);
        try
        {
            var written = 0L;
            var spans = HoursOf(files, reader, export);
            for (var hour = 0; hour < spans.Count; hour++)
            {
                foreach (var table in tables)
                {
                    cancel.ThrowIfCancellationRequested();
                    written += Export(reader, table, spans[hour], staging, export);
                }

                export.Progressed?.Invoke(new ExportProgress(hour + 1, spans.Count, written));
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

    private static List<KindTable> TablesOf(DuckFiles files, IReadOnlyList<string> kinds)
    {
        foreach (var kind in kinds)
        {
            if (files.Kinds.Find(kind) is null) throw new FormatException($"there are no records of kind '{kind}'");
        }

        return [.. files.Kinds.All.Where(table => kinds.Count == 0 || kinds.Contains(table.Name))];
    }

    /// <summary>Hours are written whole, or a second export of a part would replace the first.</summary>
    private static List<TimeSpanOf> HoursOf(DuckFiles files, DuckReader reader, ParquetExport export)
    {
        var (since, until) = (export.SinceNanos, export.UntilNanos);
        var query = new RecordQuery
        {
            SinceNanos = Partition.HourOf(since) * Partition.HourNanos,
            UntilNanos = until == 0 ? 0 : (Partition.HourOf(until - 1) + 1) * Partition.HourNanos,
        };
        return Spans(files, reader.Hours, query).FindAll(span => span.Hour is not null);
    }

    private static long Export(
        DuckReader reader, KindTable table, TimeSpanOf span, string staging, ParquetExport export)
    {
        if (!MayHave(span.Hour!, table, span)) return 0;

        var path = Path.Combine(staging, "part");
        var name = SqlText.Name(table.Name);
        var within = $"time >= {SqlText.Time(span.First)} AND time <= {SqlText.Time(span.Last)}";
        var written = reader.Connection.Number($"SELECT count(*) FROM {name} WHERE {within}");
        if (written == 0) return 0;

        // Numbers of the store's own mean nothing beside another store's: names take their place.
        reader.Connection.Run(
            $"COPY (SELECT r.* EXCLUDE (src_addr, dst_addr, client_peer, server_peer, lane, batch), "
            + $"{PeerColumns("client", "src")}, {PeerColumns("server", "dst")} FROM {name} r "
            + "LEFT JOIN peers client ON client.peer = r.client_peer "
            + "LEFT JOIN peers server ON server.peer = r.server_peer "
            + $"WHERE {within} ORDER BY time, flow_id) TO {SqlText.Text(path)} (FORMAT parquet, COMPRESSION zstd)");
        LakeFiles.Place(path, export, table.Name, span.Hour!.Hour);
        return written;
    }

    private static string PeerColumns(string end, string start) => string.Join(", ",
        $"{end}.kind AS {start}_peer", $"{end}.name AS {start}_name", $"{end}.namespace AS {start}_namespace",
        $"{end}.workload AS {start}_workload", $"{end}.service AS {start}_service", $"{end}.node AS {start}_node");
}
