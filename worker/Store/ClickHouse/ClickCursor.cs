using System.Globalization;
using NetSniff.Buffers;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Goes through the rows of one table in order of time, a page at a time.</summary>
/// <remarks>A page is asked for by a stretch of time, which the server's index finds, and not by sorting all that is
/// left: an old server reads every column of every row for that. The stretch grows where little of it matches, and a
/// full page goes on behind its last row. No answer stays open while somebody slow reads.</remarks>
internal sealed class ClickCursor(ClickHttp http, ClickTable table, ClickScan scan) : IRecordCursor
{
    private const int PageRows = 8192;

    /// <summary>A stretch that gave less of a page than this part is made longer, by this factor.</summary>
    private const int Sparse = 4;

    private readonly ClickRecords _records = new(table, scan.Peers);
    private readonly ByteWriter _record = new();
    private NativeAnswer _page = new([]);
    private int _row = -1;
    private int _asked;
    private int _got;
    private bool _isStarted;

    // The stretch, and its last row where the page was full.
    private long _first;
    private long _last;
    private UInt128 _width;
    private (long Time, ulong Commit, uint Row)? _behind;

    public long TimeNanos { get; private set; }

    /// <param name="wanted">Rows that are of use at most.</param>
    public bool Next(long wanted, CancellationToken cancel)
    {
        while (true)
        {
            if (++_row >= _page.Rows)
            {
                _row = -1;
                if (!_page.Next() && !Load(wanted, cancel)) return false;
                continue;
            }

            _behind = (_page.Column((int)ClickColumn.Time).Get<long>(_row),
                _page.Column((int)ClickColumn.Commit).Get<ulong>(_row),
                _page.Column((int)ClickColumn.Row).Get<uint>(_row));
            _got++;
            if (!Matches()) continue;
            TimeNanos = _behind.Value.Time;
            return true;
        }
    }

    public void Write(ByteWriter output) => output.Put(_record.Written);

    private bool Matches()
    {
        _record.Clear();
        _records.Write(_page, _row, _record);
        return scan.Rest is not { } filter || filter.Matches(new RecordView(_record.Written));
    }

    private bool Load(long wanted, CancellationToken cancel)
    {
        if (!Advance()) return false;
        _asked = scan.Rest is null ? (int)Math.Min(wanted, PageRows) : PageRows;
        _got = 0;
        _page = http.Ask(
            new ClickQuery(Sql()) { Settings = ClickQuery.Long, Limit = ClickHouseStore.ReadMax }, cancel);
        return true;
    }

    /// <summary>Goes on to the next stretch, or stays in this one while it has more.</summary>
    private bool Advance()
    {
        if (!_isStarted)
        {
            _isStarted = true;
            var range = (UInt128)((Int128)scan.Last - scan.First) + 1;
            // A little less than a page each.
            _width = UInt128.Max(range / (UInt128)(1 + scan.Rows * 4 / (3 * PageRows)), 1);
            (_first, _last) = (scan.First, scan.Last);
            return Place(scan.IsLast ? scan.Last : scan.First);
        }

        if (_got > 0 && _got == _asked) return true;
        if (_got < PageRows / Sparse && _width < ulong.MaxValue) _width *= Sparse;
        _behind = null;
        var isEnd = scan.IsLast ? _first <= scan.First : _last >= scan.Last;
        return !isEnd && Place(scan.IsLast ? _first - 1 : _last + 1);
    }

    private bool Place(long start)
    {
        var rest = (Int128)_width - 1;
        if (scan.IsLast) (_first, _last) = ((long)Int128.Max(start - rest, scan.First), start);
        else (_first, _last) = (start, (long)Int128.Min(start + rest, scan.Last));
        return true;
    }

    private string Sql()
    {
        var (sign, order) = scan.IsLast ? ("<", " DESC") : (">", "");
        var behind = "";
        if (_behind is { } key)
        {
            behind = string.Create(
                CultureInfo.InvariantCulture,
                $" AND (time {sign} {ClickText.Number(key.Time)} OR time = {ClickText.Number(key.Time)} AND ("
                + $"{ClickTable.Commit} {sign} {key.Commit} OR {ClickTable.Commit} = {key.Commit} "
                + $"AND {ClickTable.Row} {sign} {key.Row}))");
        }

        return $"SELECT {table.ColumnList} FROM {ClickText.Name(table.RowsName)} "
            + $"WHERE {ClickTable.Hour} = {scan.Hour.ToString(CultureInfo.InvariantCulture)} "
            + $"AND time >= {ClickText.Number(_first)} AND time <= {ClickText.Number(_last)} "
            + $"AND {scan.Settled} AND {scan.Where}{behind} "
            + $"ORDER BY time{order}, {ClickTable.Commit}{order}, {ClickTable.Row}{order} "
            + $"LIMIT {_asked.ToString(CultureInfo.InvariantCulture)}";
    }
}

/// <summary>What a cursor goes through.</summary>
internal sealed record ClickScan
{
    public required int Hour { get; init; }

    /// <summary>Nanoseconds since 1970 UTC, inclusive, as <see cref="Last"/>.</summary>
    public required long First { get; init; }

    public required long Last { get; init; }

    /// <summary>How many there are before anything is left out: a guess will do.</summary>
    public required long Rows { get; init; }

    public required string Settled { get; init; }

    public required string Where { get; init; }

    /// <summary>Asked of each record where <see cref="Where"/> lets too much through.</summary>
    public Filter? Rest { get; init; }

    public required uint[] Peers { get; init; }

    public required bool IsLast { get; init; }
}
