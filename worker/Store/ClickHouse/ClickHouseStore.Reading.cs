using NetSniff.Filters.Expression;
using NetSniff.Records;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>From rows to records again.</summary>
public sealed partial class ClickHouseStore
{
    /// <summary>For one page; the server sorts it while nothing comes.</summary>
    internal static readonly TimeSpan ReadMax = TimeSpan.FromMinutes(2);

    public bool Read(RecordQuery query, RecordConsumer consumer, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(consumer);
        cancel.ThrowIfCancellationRequested();
        var picture = _picture;
        var peers = _peers!.Registered;
        query.Seen?.Invoke(picture.Stored);
        var filters = Filters(query, peers);
        using var output = new RecordOutput(consumer, query.CountMax, query.IsLast);
        try
        {
            var stretches = Stretches(picture, query);
            if (query.IsLast) stretches.Reverse();
            foreach (var stretch in stretches)
            {
                cancel.ThrowIfCancellationRequested();
                ReadStretch(picture, peers, filters, stretch, output, cancel);
                if (output.IsFull) break;
            }

            output.Finish();
            return output.IsCut;
        }
        catch (ClickException error)
        {
            throw Failure(error);
        }
        catch (ObjectDisposedException error)
        {
            throw new IOException("the store was closed while it was read", error);
        }
    }

    private List<(ClickTable Table, string Where, Filter? Test)> Filters(RecordQuery query, uint[] peers)
    {
        CheckKinds(query.Kinds);
        List<(ClickTable, string, Filter?)> filters = [];
        foreach (var table in _tables.All.Where(table => query.Kinds.Count == 0 || query.Kinds.Contains(table.Name)))
        {
            var sql = new ClickFilter(table, peers);
            var where = sql.Of(query.Where);
            if (where != "0") filters.Add((table, where, sql.IsExact ? null : sql.Filter));
        }

        return filters;
    }

    private void CheckKinds(IReadOnlyList<string> kinds)
    {
        foreach (var name in kinds)
        {
            if (_tables.Find(name) is null) throw new FormatException($"there are no records of kind '{name}'");
        }
    }

    /// <summary>Stretches of time one after the other, each of an hour. Between the hours there are only records
    /// without an hour.</summary>
    private static List<Stretch> Stretches(Picture picture, RecordQuery query)
    {
        var since = query.SinceNanos == 0 ? long.MinValue : query.SinceNanos;
        var until = query.UntilNanos == 0 ? long.MaxValue : query.UntilNanos - 1;
        List<Stretch> stretches = [];
        var next = long.MinValue;
        foreach (var hour in picture.Hours)
        {
            var first = hour * Partition.HourNanos;
            if (first > next) Add(new Stretch(next, first - 1, 0));
            Add(new Stretch(first, first + Partition.HourNanos - 1, hour));
            next = first + Partition.HourNanos;
        }

        Add(new Stretch(next, long.MaxValue, 0));
        return stretches;

        void Add(Stretch stretch)
        {
            var clipped = stretch with
            {
                First = Math.Max(stretch.First, since), Last = Math.Min(stretch.Last, until),
            };
            if (clipped.First <= clipped.Last) stretches.Add(clipped);
        }
    }

    private void ReadStretch(
        Picture picture, uint[] peers, List<(ClickTable Table, string Where, Filter? Test)> filters, Stretch stretch,
        RecordOutput output, CancellationToken cancel)
    {
        List<ClickCursor> cursors = [];
        foreach (var (table, where, test) in filters)
        {
            foreach (var hour in stretch.Hour == 0 ? (ReadOnlySpan<int>)[0] : [stretch.Hour, 0])
            {
                var span = picture.SpanOf(table.Name, hour);
                var (first, last) = (Math.Max(stretch.First, span.Oldest), Math.Min(stretch.Last, span.Newest));
                if (span.Records == 0 || first > last) continue;
                var cursor = new ClickCursor(_http, table, new ClickScan
                {
                    Hour = hour, First = first, Last = last, Rows = span.Records, Settled = picture.Settled,
                    Where = where, Rest = test, Peers = peers, IsLast = output.IsLast,
                });
                if (cursor.Next(output.Wanted, cancel)) cursors.Add(cursor);
            }
        }

        while (cursors.Count > 0 && !output.IsFull)
        {
            cancel.ThrowIfCancellationRequested();
            var next = Earliest(cursors, output.IsLast);
            output.Add(next);
            if (!output.IsFull && !next.Next(output.Wanted, cancel)) cursors.Remove(next);
        }
    }

    private static ClickCursor Earliest(List<ClickCursor> cursors, bool isLast)
    {
        var best = cursors[0];
        foreach (var cursor in cursors)
        {
            if (isLast ? cursor.TimeNanos > best.TimeNanos : cursor.TimeNanos < best.TimeNanos) best = cursor;
        }

        return best;
    }

    /// <param name="Last">Inclusive, as <paramref name="First"/>.</param>
    private readonly record struct Stretch(long First, long Last, int Hour);
}
