using System.Collections.Concurrent;
using System.Globalization;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>What a store must remember beside records: lanes and how far each is stored, what went, and which batches
/// must not be there.</summary>
internal sealed class ClickBooks(ClickHttp http)
{
    private readonly ConcurrentDictionary<LaneId, uint> _numbers = [];
    private readonly Dictionary<uint, LaneId> _lanes = [];
    private readonly List<uint> _newLanes = [];
    private uint _last;

    public ClickPeers Peers { get; } = new(http);

    /// <summary>The last batch of each lane that is committed.</summary>
    public Dictionary<uint, ulong> Marks { get; } = [];

    /// <summary>Batches taken back: not come yet, or not gone yet.</summary>
    public HashSet<(uint Lane, ulong Batch)> Unwanted { get; } = [];

    public long Expired { get; private set; }

    public long Retracted { get; private set; }

    /// <param name="isSettled">SQL over a commit's number.</param>
    /// <returns>The last commit that counts.</returns>
    public ulong Open(string isSettled)
    {
        Each($"SELECT lane, sensor, name FROM {ClickSchema.Lanes} FINAL", (rows, row) =>
            Learn(rows.Column(0).Get<uint>(row), new LaneId(rows.Column(1).String(row), rows.Column(2).String(row))));
        var last = 0ul;
        Each($"SELECT lane, argMax(batch, commit), max(commit) FROM {ClickSchema.Marks} WHERE {isSettled} "
            + "GROUP BY lane", (rows, row) =>
        {
            Marks[rows.Column(0).Get<uint>(row)] = rows.Column(1).Get<ulong>(row);
            last = Math.Max(last, rows.Column(2).Get<ulong>(row));
        });
        Peers.Open();
        Each($"SELECT sum(expired), sum(retracted) FROM {ClickSchema.Gone} FINAL", (rows, row) =>
            (Expired, Retracted) = (rows.Column(0).Get<long>(row), rows.Column(1).Get<long>(row)));
        Each($"SELECT lane, batch FROM {ClickSchema.Unwanted}", (rows, row) =>
            Unwanted.Add((rows.Column(0).Get<uint>(row), rows.Column(1).Get<ulong>(row))));
        return last;
    }

    public LaneId Lane(uint number) => _lanes[number];

    public uint Number(LaneId lane)
    {
        if (_numbers.TryGetValue(lane, out var known)) return known;
        var number = ++_last;
        Learn(number, lane);
        _newLanes.Add(number);
        return number;
    }

    /// <summary>Writes new lanes down, before any row names them.</summary>
    public void WriteLanes(ulong version)
    {
        if (_newLanes.Count == 0) return;
        http.Run($"INSERT INTO {ClickSchema.Lanes} VALUES " + string.Join(", ", _newLanes.Select(number =>
            $"({number}, {ClickText.Text(_lanes[number].Sensor)}, {ClickText.Text(_lanes[number].Lane)}, {version})")));
        _newLanes.Clear();
    }

    /// <summary>One small block, and so one part: all of it is there or nothing.</summary>
    public void WriteMarks(IReadOnlyDictionary<uint, ulong> marks, ulong commit)
    {
        if (marks.Count == 0) return;
        http.Run($"INSERT INTO {ClickSchema.Marks} VALUES " + string.Join(", ", marks.Select(mark =>
            string.Create(CultureInfo.InvariantCulture, $"({mark.Key}, {mark.Value}, {commit})"))));
    }

    /// <summary>Notes what goes, before it goes. The same said twice counts once: a row of the same key replaces the
    /// one before.</summary>
    public void CountGone(string kind, long hour, ulong upTo, long expired, long retracted, ulong version)
    {
        if (expired + retracted == 0) return;
        http.Run(string.Create(CultureInfo.InvariantCulture,
            $"INSERT INTO {ClickSchema.Gone} VALUES ({ClickText.Text(kind)}, {hour}, {upTo}, {expired}, {retracted}, ")
            + $"{ClickText.Number(version)})");
        Expired += expired;
        Retracted += retracted;
    }

    public void Refuse(uint lane, IEnumerable<ulong> batches)
    {
        var news = batches.Where(batch => !Unwanted.Contains((lane, batch))).Distinct().ToList();
        if (news.Count == 0) return;
        http.Run($"INSERT INTO {ClickSchema.Unwanted} VALUES "
            + string.Join(", ", news.Select(batch => $"({lane}, {ClickText.Number(batch)})")));
        foreach (var batch in news) Unwanted.Add((lane, batch));
    }

    /// <summary>Forgets batches that were taken back and are neither here nor can come.</summary>
    public void ForgetUnwanted(IReadOnlyCollection<(uint Lane, ulong Batch)> gone)
    {
        if (gone.Count == 0) return;
        http.Run($"ALTER TABLE {ClickSchema.Unwanted} DELETE WHERE {Among(gone)}");
        Unwanted.ExceptWith(gone);
    }

    /// <summary>SQL that holds for rows of such batches.</summary>
    public static string Among(IEnumerable<(uint Lane, ulong Batch)> batches) => "(" + string.Join(" OR ", batches
        .GroupBy(one => one.Lane)
        .Select(lane => $"(lane = {lane.Key} AND batch IN ({string.Join(", ", lane.Select(
            one => ClickText.Number(one.Batch)))}))")) + ")";

    private void Learn(uint number, LaneId lane)
    {
        _numbers[lane] = number;
        _lanes[number] = lane;
        _last = Math.Max(_last, number);
    }

    private void Each(string sql, Action<NativeAnswer, int> take)
    {
        var rows = http.Ask(new ClickQuery(sql));
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++) take(rows, row);
        }
    }
}
