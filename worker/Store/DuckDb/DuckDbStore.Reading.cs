using System.Collections.Immutable;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>From rows to records again.</summary>
public sealed partial class DuckDbStore
{
    public bool Read(RecordQuery query, RecordConsumer consumer, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(consumer);
        var files = Files;
        var seen = Seen(files, query);
        using var filters = new FilterSet(files, query.Kinds, query.Where);
        using var reader = new DuckReader(files, TimeSpan.Zero, cancel);
        using var output = new RecordOutput(consumer, query.CountMax, query.IsLast);
        try
        {
            var spans = Spans(files, reader.Hours, query);
            if (query.IsLast) spans.Reverse();
            foreach (var span in spans)
            {
                cancel.ThrowIfCancellationRequested();
                ReadSpan(files, reader, filters, span, seen, output, cancel);
                if (output.IsFull) break;
            }

            output.Finish();
            return output.IsCut;
        }
        catch (DuckException error)
        {
            throw ReadFailure(error, files, cancel);
        }
    }

    /// <summary>Files are read one after the other, so who asks for one instant gets what was stored everywhere at the
    /// beginning, and no batch that came meanwhile.</summary>
    private string Seen(DuckFiles files, RecordQuery query)
    {
        if (query.Seen is not { } tell) return "";

        var stored = _stored;
        tell(stored);
        var lanes = stored.Select(
            lane => $"WHEN {files.Books.Number(lane.Key)} THEN {SqlText.Number(lane.Value)}");
        return stored.Count == 0 ? " AND false" : $" AND batch <= CASE lane {string.Join(' ', lanes)} END";
    }

    /// <summary>Stretches of time one after the other, each with the file that holds it. Between the hours there are
    /// only records without an hour.</summary>
    private static List<TimeSpanOf> Spans(DuckFiles files, ImmutableArray<Partition> hours, RecordQuery query)
    {
        var since = query.SinceNanos == 0 ? long.MinValue : query.SinceNanos;
        var until = query.UntilNanos == 0 ? long.MaxValue : query.UntilNanos - 1;
        List<TimeSpanOf> spans = [];
        var next = long.MinValue;
        foreach (var hour in hours)
        {
            var first = hour.Hour * Partition.HourNanos;
            if (first > next) Add(new TimeSpanOf(next, first - 1, null));
            Add(new TimeSpanOf(first, first + Partition.HourNanos - 1, hour));
            next = first + Partition.HourNanos;
        }

        Add(new TimeSpanOf(next, long.MaxValue, null));
        return spans;

        void Add(TimeSpanOf span)
        {
            var clipped = span with { First = Math.Max(span.First, since), Last = Math.Min(span.Last, until) };
            var isEmpty = clipped.First > clipped.Last || (span.Hour is null && files.BooksFile.Records == 0);
            if (!isEmpty) spans.Add(clipped);
        }
    }

    private void ReadSpan(
        DuckFiles files, DuckReader reader, FilterSet filters, TimeSpanOf span, string seen, RecordOutput output,
        CancellationToken cancel)
    {
        var cursors = new List<KindCursor>();
        try
        {
            foreach (var table in filters.Tables)
            {
                foreach (var file in (ReadOnlySpan<Partition?>)[span.Hour, files.BooksFile])
                {
                    if (file is null || !MayHave(file, table, span)) continue;
                    if (Ask(files, reader, filters, table, file, span, seen, output) is not { } cursor) continue;

                    cursors.Add(cursor);
                    if (!cursor.Next()) Remove(cursors, cursor);
                }
            }

            while (cursors.Count > 0 && !output.IsFull)
            {
                cancel.ThrowIfCancellationRequested();
                var next = Earliest(cursors, output.IsLast);
                output.Add(next);
                if (!next.Next()) Remove(cursors, next);
            }
        }
        finally
        {
            foreach (var cursor in cursors) cursor.Dispose();
            reader.TakeBack();
        }
    }

    /// <summary>Asks for the rows of a table, as it was when the answer began.</summary>
    /// <remarks>A commit may have added a column after we looked which there are; its rows would come without. Columns
    /// are told before the commit, so those that are told now are all that the answer may have. It ends, for a table
    /// gets each column once.</remarks>
    /// <returns>Null where no row can be wanted.</returns>
    private KindCursor? Ask(
        DuckFiles files, DuckReader reader, FilterSet filters, KindTable table, Partition file, TimeSpanOf span,
        string seen, RecordOutput output)
    {
        if (!file.Tables.TryGetValue(table.Name, out var columns)) return null;

        DuckConnection? connection = null;
        while (filters.Test(table, columns) is { } where)
        {
            connection ??= reader.Lend();
            _options.BeforeAsking?.Invoke();
            var rows = connection.Ask(Select(file, table, columns, where + seen, span, output));
            var now = file.Tables[table.Name];
            if (now.SequenceEqual(columns))
            {
                return new KindCursor(rows, new KindReader(table, NameColumns.LayoutOf([columns]), files.Books));
            }

            rows.Dispose();
            columns = now;
        }

        return null;
    }

    private static string Select(
        Partition file, KindTable table, ImmutableArray<string> columns, string where, TimeSpanOf span,
        RecordOutput output)
    {
        var order = output.IsLast ? " DESC" : "";
        var time = "";
        if (span.First > long.MinValue) time += $" AND time >= {SqlText.Time(span.First)}";
        if (span.Last < long.MaxValue) time += $" AND time <= {SqlText.Time(span.Last)}";
        return $"SELECT {KindReader.Columns(table, columns)} FROM {file.Catalog}.{SqlText.Name(table.Name)} "
            + $"WHERE {where}{time} ORDER BY time{order}, rowid{order} LIMIT {output.Wanted}";
    }

    private static bool MayHave(Partition file, KindTable table, TimeSpanOf span) =>
        file.Spans.TryGetValue(table.Name, out var held) && held.Oldest <= span.Last && held.Newest >= span.First;

    private static KindCursor Earliest(List<KindCursor> cursors, bool isLast)
    {
        var best = cursors[0];
        foreach (var cursor in cursors)
        {
            if (isLast ? cursor.TimeNanos > best.TimeNanos : cursor.TimeNanos < best.TimeNanos) best = cursor;
        }

        return best;
    }

    private static void Remove(List<KindCursor> cursors, KindCursor cursor)
    {
        cursors.Remove(cursor);
        cursor.Dispose();
    }

    private static Exception ReadFailure(DuckException error, DuckFiles files, CancellationToken cancel)
    {
        if (error.IsInterrupt && cancel.IsCancellationRequested)
        {
            return new OperationCanceledException(error.Message, error, cancel);
        }

        return new IOException(
            files.IsClosing ? "the store was closed while it was read" : $"the store cannot be read: {error.Message}",
            error);
    }

    /// <param name="Last">Inclusive, as <paramref name="First"/>.</param>
    private readonly record struct TimeSpanOf(long First, long Last, Partition? Hour);
}
