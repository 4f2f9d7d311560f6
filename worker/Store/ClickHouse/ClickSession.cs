using System.Collections.Immutable;
using System.Globalization;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>One writer's time at a database: from when it took it until something failed.</summary>
/// <remarks>The server commits each insert by itself, so a commit of ours is several: rows of each kind, then the marks
/// of its lanes, which make it count. Commits have numbers, every row names its own, and whoever reads asks only for
/// those that are settled. A session begins with a claim: it takes the next epoch, which is the upper half of its
/// commits' numbers, and closes what was before: of all commits between the last that has marks and its own first one,
/// none counts any more, whatever of them is there or still arrives. So an insert of which nobody knows whether it
/// happened does no harm.</remarks>
internal sealed class ClickSession
{
    private static readonly TimeSpan s_insertsWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_deletionWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(50);

    private readonly ClickHttp _http;
    private readonly ClickSchema _schema;
    private readonly string _owner;
    private ulong _epoch;
    private ulong _closed;
    private ulong _commits;
    private ulong _inserts;

    /// <summary>SQL of what does not count and could not be deleted in time.</summary>
    private string? _stillThere;

    private ClickSession(ClickHttp http, string owner)
    {
        (_http, _owner) = (http, owner);
        _schema = new ClickSchema(http);
        Books = new ClickBooks(http);
    }

    public ClickBooks Books { get; }

    /// <summary>Batches that were taken back and whose rows may still be there.</summary>
    public HashSet<(uint Lane, ulong Batch)> Leaving { get; } = [];

    /// <summary>The number of the last commit.</summary>
    public ulong Last => Floor + _commits;

    /// <summary>The number of the commit that is being made.</summary>
    public ulong Commit => Last + 1;

    private ulong Floor => _epoch << ClickSchema.EpochShift;

    /// <param name="owner">The same for all sessions of one store that is open.</param>
    /// <param name="isAgain">Whether this store had a session before: then the database must still be its own.</param>
    /// <exception cref="ClickException">The server refuses something, or does not answer.</exception>
    /// <exception cref="StolenException">Another store opened the database meanwhile.</exception>
    public static (ClickSession Session, Picture Picture) Open(
        ClickHttp http, ClickTables tables, string owner, bool isAgain)
    {
        var session = new ClickSession(http, owner);
        session._schema.Open(tables.All);
        session.Claim(isAgain);
        session.AwaitInserts();
        session.Close();
        return (session, session.Survey(tables));
    }

    /// <summary>SQL that holds for rows which count up to a commit.</summary>
    public string Settled(ulong commit)
    {
        var isBefore = _closed == 0 ? "" : $"{ClickTable.Commit} <= {ClickText.Number(_closed)} OR ";
        var settled = $"({isBefore}{ClickTable.Commit} >= {ClickText.Number(Floor)}) "
            + $"AND {ClickTable.Commit} <= {ClickText.Number(commit)}";
        if (_stillThere is { } rest) settled += $" AND NOT ({rest})";
        return Leaving.Count == 0 ? settled : settled + " AND NOT " + ClickBooks.Among(Leaving);
    }

    public void Insert(KindBlock block)
    {
        _schema.Prepare(block.Table);
        _http.Insert(
            $"INSERT INTO {ClickText.Name(block.Table.RowsName)} ({block.Table.ColumnList}) FORMAT Native",
            string.Create(CultureInfo.InvariantCulture, $"netsniff-{_http.Database}-{_epoch}-{++_inserts}"),
            block.ToContent(Commit));
    }

    /// <summary>Last of a commit: the marks; then it is asked whether the database was still ours when they were
    /// written, for whoever claims it looks for marks after its claim.</summary>
    public void Settle(IReadOnlyDictionary<uint, ulong> marks, Action<CommitStep>? before)
    {
        before?.Invoke(CommitStep.Marks);
        Books.WriteMarks(marks, Commit);
        before?.Invoke(CommitStep.Claim);
        if (LastClaim() != (_epoch, _owner)) throw new StolenException();
        _commits++;
        foreach (var (lane, batch) in marks) Books.Marks[lane] = batch;
    }

    /// <summary>Starts to delete rows of batches that were taken back.</summary>
    /// <returns>Whether they are gone.</returns>
    public bool Delete(ClickTable table, string where, TimeSpan wait)
    {
        _http.Run($"ALTER TABLE {ClickText.Name(table.RowsName)} DELETE WHERE {where}");
        return AwaitDeletions(wait);
    }

    public bool AwaitDeletions(TimeSpan wait)
    {
        var end = DateTime.UtcNow + wait;
        do
        {
            if (Number("SELECT count() FROM system.mutations WHERE NOT is_done AND database = "
                + ClickText.Text(_http.Database)) == 0)
            {
                return true;
            }

            Thread.Sleep(s_lookEvery);
        }
        while (DateTime.UtcNow < end);
        return false;
    }

    /// <summary>Counts the rows of a kind anew, by hour.</summary>
    public ImmutableSortedDictionary<int, Partition.Span> Spans(ClickTable table, string where)
    {
        var spans = ImmutableSortedDictionary.CreateBuilder<int, Partition.Span>();
        var rows = _http.Ask(new ClickQuery(
            $"SELECT {ClickTable.Hour}, count(), min(time), max(time) FROM {ClickText.Name(table.RowsName)} "
            + $"WHERE {where} GROUP BY {ClickTable.Hour}") { Limit = TimeSpan.FromMinutes(10) });
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                spans[rows.Column(0).Get<int>(row)] = new Partition.Span(
                    rows.Column(1).Get<long>(row), rows.Column(2).Get<long>(row), rows.Column(3).Get<long>(row));
            }
        }

        return spans.ToImmutable();
    }

    /// <summary>Bytes on the server's disk by hour.</summary>
    public Dictionary<int, long> BytesByHour()
    {
        var bytes = new Dictionary<int, long>();
        var rows = _http.Ask(new ClickQuery(
            "SELECT partition, toInt64(sum(bytes_on_disk)) FROM system.parts WHERE active AND database = "
            + $"{ClickText.Text(_http.Database)} AND table LIKE '%\\\\{ClickTable.RowsSuffix}' GROUP BY partition"));
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                if (int.TryParse(rows.Column(0).String(row), CultureInfo.InvariantCulture, out var hour))
                {
                    bytes[hour] = rows.Column(1).Get<long>(row);
                }
            }
        }

        return bytes;
    }

    public void Drop(ClickTable table, int hour) => _http.Run(
        $"ALTER TABLE {ClickText.Name(table.RowsName)} DROP PARTITION {hour.ToString(CultureInfo.InvariantCulture)}");

    private void Claim(bool isAgain)
    {
        var last = LastClaim();
        if (isAgain && last.Owner != _owner) throw new StolenException();
        _epoch = last.Epoch + 1;
        _http.Run($"INSERT INTO {ClickSchema.Owners} VALUES ({ClickText.Number(_epoch)}, {ClickText.Text(_owner)})");
        // Of two that claim the same, one wins for both.
        if (LastClaim() != (_epoch, _owner)) throw new StolenException();
    }

    private (ulong Epoch, string Owner) LastClaim()
    {
        var rows = _http.Ask(new ClickQuery(
            $"SELECT epoch, owner FROM {ClickSchema.Owners} ORDER BY epoch DESC, owner DESC LIMIT 1"));
        return rows.Next() ? (rows.Column(0).Get<ulong>(0), rows.Column(1).String(0)) : (0, _owner);
    }

    /// <summary>Inserts of sessions before this one may still be at work; what they leave is deleted when they have
    /// ended.</summary>
    private void AwaitInserts()
    {
        var others = $"SELECT count() FROM system.processes WHERE startsWith(query_id, 'netsniff-{_http.Database}-')";
        var end = DateTime.UtcNow + s_insertsWait;
        while (Number(others) > 0)
        {
            if (DateTime.UtcNow > end)
            {
                throw new ClickException(ClickException.NoAnswer, "an insert of before is still at work");
            }

            Thread.Sleep(s_lookEvery);
        }
    }

    /// <summary>Decides which commits of before count, for good, and gives their marks a number of this epoch: no late
    /// insert has a higher one.</summary>
    private void Close()
    {
        var last = Books.Open($"NOT ({Closed("commit")})");
        _closed = last;
        Books.WriteMarks(Books.Marks, Floor);
        _http.Run($"INSERT INTO {ClickSchema.Epochs} VALUES ({ClickText.Number(_epoch)}, {ClickText.Number(last)})");
    }

    /// <summary>SQL that holds for commits which do not count: those between the last of an epoch and the first of the
    /// next.</summary>
    private string Closed(string commit)
    {
        List<string> ranges = [];
        var rows = _http.Ask(new ClickQuery(
            $"SELECT closed, max(epoch) FROM {ClickSchema.Epochs} GROUP BY closed ORDER BY closed"));
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                var closed = rows.Column(0).Get<ulong>(row);
                var floor = rows.Column(1).Get<ulong>(row) << ClickSchema.EpochShift;
                ranges.Add($"({commit} > {ClickText.Number(closed)} AND {commit} < {ClickText.Number(floor)})");
            }
        }

        return ranges.Count == 0 ? "0" : string.Join(" OR ", ranges);
    }

    /// <summary>Deletes what does not count, and counts the rest.</summary>
    private Picture Survey(ClickTables tables)
    {
        var marks = Books.Marks;
        Leaving.UnionWith(Books.Unwanted.Where(one => one.Batch <= marks.GetValueOrDefault(one.Lane)));
        var (settled, closed) = (Settled(Floor), Closed(ClickTable.Commit));
        var picture = new Picture
        {
            Stored = marks.ToImmutableDictionary(mark => Books.Lane(mark.Key), mark => mark.Value),
            Expired = Books.Expired,
            Retracted = Books.Retracted,
            BytesOnDisk = BytesByHour().Values.Sum(),
        };
        var held = Held();
        var what = Leaving.Count == 0 ? closed : $"{closed} OR {ClickBooks.Among(Leaving)}";
        var isGone = true;
        foreach (var table in tables.All.Where(table => held.Contains(table.RowsName)))
        {
            if (Count(table, what) > 0) isGone &= Delete(table, what, s_deletionWait);
            foreach (var (hour, span) in Spans(table, settled)) picture = picture.With(table.Name, hour, span);
        }

        if (isGone) ForgetLeaving();
        else _stillThere = closed;
        return picture with { Settled = Settled(Floor) };
    }

    public void ForgetLeaving()
    {
        Books.ForgetUnwanted([.. Leaving]);
        Leaving.Clear();
    }

    public long Count(ClickTable table, string where) =>
        Number($"SELECT count() FROM {ClickText.Name(table.RowsName)} WHERE {where}");

    /// <summary>Tables that have rows.</summary>
    private HashSet<string> Held()
    {
        var held = new HashSet<string>(StringComparer.Ordinal);
        var rows = _http.Ask(new ClickQuery(
            $"SELECT DISTINCT table FROM system.parts WHERE active AND database = {ClickText.Text(_http.Database)}"));
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++) held.Add(rows.Column(0).String(row));
        }

        return held;
    }

    private long Number(string sql) =>
        long.Parse(_http.AskText(new ClickQuery(sql)), CultureInfo.InvariantCulture);
}

/// <summary>Another store claimed the database: whatever this one still has, the other knows better.</summary>
internal sealed class StolenException() : Exception("another worker has opened this database since: one writes alone");
