using System.Collections.Concurrent;
using System.Text;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>What a store must remember beside records: lanes and how far each is stored, what went, and which batches
/// must never come. They lie in the file that also holds the records without an hour.</summary>
internal sealed class Books(DuckConnection connection)
{
    private readonly ConcurrentDictionary<LaneId, uint> _numbers = [];
    private readonly List<LaneId> _lanes = [];

    /// <summary>Batches taken back before they came, by lane.</summary>
    private readonly HashSet<(uint Lane, ulong Batch)> _unwanted = [];
    private uint _lanesWritten;

    public PeerBook Peers { get; } = new(connection);

    public NameBook Names { get; } = new(connection);

    public long Expired { get; private set; }

    public long Retracted { get; private set; }

    /// <summary>Hours that are dropped but whose files may still be there.</summary>
    public HashSet<long> Dropped { get; } = [];

    public int Unwanted => _unwanted.Count;

    /// <summary>Makes what is not there and reads the rest.</summary>
    public void Open()
    {
        connection.Run(
            """
            CREATE TABLE IF NOT EXISTS books.lanes (lane UINTEGER, sensor VARCHAR, name VARCHAR);
            CREATE TABLE IF NOT EXISTS books.gone (expired BIGINT, retracted BIGINT);
            CREATE TABLE IF NOT EXISTS books.dropped (hour BIGINT);
            CREATE TABLE IF NOT EXISTS books.unwanted (lane UINTEGER, batch UBIGINT);
            INSERT INTO books.gone SELECT 0, 0 WHERE NOT EXISTS (FROM books.gone);
            """);
        Each("SELECT sensor, name FROM books.lanes ORDER BY lane", (rows, row) => Add(new LaneId(
            Encoding.UTF8.GetString(rows.Column(0).Text(row)), Encoding.UTF8.GetString(rows.Column(1).Text(row)))));
        _lanesWritten = (uint)_lanes.Count;
        Peers.Open();
        Names.Open();
        Each("SELECT expired, retracted FROM books.gone", (rows, row) =>
            (Expired, Retracted) = (rows.Column(0).Get<long>(row), rows.Column(1).Get<long>(row)));
        Each("SELECT hour FROM books.dropped", (rows, row) => Dropped.Add(rows.Column(0).Get<long>(row)));
        Each("SELECT lane, batch FROM books.unwanted", (rows, row) =>
            _unwanted.Add((rows.Column(0).Get<uint>(row), rows.Column(1).Get<ulong>(row))));
    }

    public LaneId Lane(uint number) => _lanes[(int)number];

    public uint Number(LaneId lane) => _numbers.TryGetValue(lane, out var number) ? number : Add(lane);

    public bool IsUnwanted(uint lane, ulong batch) => _unwanted.Count > 0 && _unwanted.Contains((lane, batch));

    /// <summary>Writes new lanes down, before any row names them.</summary>
    public void WriteLanes()
    {
        if (_lanesWritten == _lanes.Count) return;

        var rows = Enumerable.Range((int)_lanesWritten, _lanes.Count - (int)_lanesWritten).Select(number =>
            $"({number}, {SqlText.Text(_lanes[number].Sensor)}, {SqlText.Text(_lanes[number].Lane)})");
        connection.Run($"INSERT INTO books.lanes VALUES {string.Join(", ", rows)}");
        _lanesWritten = (uint)_lanes.Count;
    }

    /// <summary>Inside a transaction: adds to what went.</summary>
    public void CountGone(long expired, long retracted)
    {
        if (expired + retracted == 0) return;
        connection.Run(
            $"UPDATE books.gone SET expired = expired + {expired}, retracted = retracted + {retracted}");
    }

    /// <summary>After the transaction.</summary>
    public void Keep(long expired, long retracted)
    {
        Expired += expired;
        Retracted += retracted;
    }

    public void MarkDropped(long hour)
    {
        connection.Run($"INSERT INTO books.dropped VALUES ({hour})");
        Dropped.Add(hour);
    }

    public void ForgetDropped(long hour)
    {
        connection.Run($"DELETE FROM books.dropped WHERE hour = {hour}");
        Dropped.Remove(hour);
    }

    /// <summary>Notes batches that are not here and must not be stored when they come.</summary>
    public void Refuse(uint lane, IEnumerable<ulong> batches)
    {
        var news = batches.Where(batch => _unwanted.Add((lane, batch))).ToList();
        if (news.Count == 0) return;
        connection.Run("INSERT INTO books.unwanted VALUES "
            + string.Join(", ", news.Select(batch => $"({lane}, {SqlText.Number(batch)})")));
    }

    /// <summary>Inside a transaction: what a lane has passed cannot come any more.</summary>
    public void ForgetPassed(uint lane, ulong batch)
    {
        if (_unwanted.RemoveWhere(one => one.Lane == lane && one.Batch <= batch) == 0) return;
        connection.Run($"DELETE FROM books.unwanted WHERE lane = {lane} AND batch <= {SqlText.Number(batch)}");
    }

    private uint Add(LaneId lane)
    {
        var number = (uint)_lanes.Count;
        _numbers[lane] = number;
        _lanes.Add(lane);
        return number;
    }

    private void Each(string sql, Action<DuckRows, int> take)
    {
        using var rows = connection.Ask(sql);
        while (rows.NextChunk())
        {
            for (var row = 0; row < rows.Count; row++) take(rows, row);
        }
    }
}
