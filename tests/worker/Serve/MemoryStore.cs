using NetSniff.Filters.Expression;
using NetSniff.Records;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Serve;

/// <summary>A store in memory, as simple as its contract lets it be.</summary>
internal sealed class MemoryStore : IRecordStore
{
    private readonly Lock _lock = new();
    private Dictionary<LaneId, ulong> _appended = [];
    private readonly List<byte[]> _pending = [];
    private List<byte[]> _records = [];
    private Dictionary<LaneId, ulong> _stored = [];

    public IReadOnlyDictionary<LaneId, ulong> Stored => _stored;

    public IReadOnlyList<HourCounts> Hours => [];

    public IReadOnlyList<KindCounts> Kinds => _records.Count == 0
        ? []
        : [new KindCounts(Kind, _records.Count, Time(_records[0]), Time(_records[^1]))];

    /// <summary>What it says that its records are.</summary>
    public string Kind { get; set; } = "http";

    public StoreRetention Retention { get; set; } = new(TimeSpan.MaxValue, long.MaxValue);

    public StoreCounts Counts => new() { Records = _records.Count };

    /// <summary>Called between two records that are read.</summary>
    public Action<int>? Reading { get; set; }

    public Func<AggregateQuery, IReadOnlyList<AggregateRow>>? Aggregates { get; set; }

    public Func<SqlQuery, SqlResult>? Queries { get; set; }

    public bool Append(in StoreBatch batch)
    {
        if (_appended.TryGetValue(batch.Lane, out var last) && batch.Sequence <= last) return false;

        _appended[batch.Lane] = batch.Sequence;
        foreach (var record in new RecordWalker(batch.Records))
        {
            var copy = new byte[record.Header.Length];
            RecordCut.Copy(record, ulong.MaxValue, copy);
            _pending.Add(copy);
        }

        return true;
    }

    public void Commit()
    {
        lock (_lock)
        {
            _records = [.. _records, .. _pending];
            _stored = new(_appended);
        }

        _pending.Clear();
    }

    public bool Read(RecordQuery query, RecordConsumer consumer, CancellationToken cancel)
    {
        var filter = query.Where is { } text ? FilterExpression.Parse(text).Filter! : null;
        IEnumerable<byte[]> found;
        lock (_lock)
        {
            query.Seen?.Invoke(_stored);
            found = [.. _records.Where(bytes => Matches(query, filter, bytes)).OrderBy(Time)];
        }

        var count = found.Count();
        var chosen = query.IsLast ? found.TakeLast(query.CountMax) : found.Take(query.CountMax);
        var done = 0;
        foreach (var bytes in chosen)
        {
            cancel.ThrowIfCancellationRequested();
            Reading?.Invoke(done++);
            consumer.Consume(bytes, 1);
        }

        return count > query.CountMax;
    }

    public IReadOnlyList<AggregateRow> Aggregate(AggregateQuery query, CancellationToken cancel) =>
        Aggregates?.Invoke(query) ?? [];

    public SqlResult Sql(SqlQuery query, CancellationToken cancel) =>
        Queries?.Invoke(query) ?? throw new SqlException("no SQL here");

    public void Retract(LaneId lane, IReadOnlyList<ulong> sequences) => throw new NotSupportedException();

    public void Forget()
    {
        _pending.Clear();
        _appended = new(_stored);
    }

    public long Expire(long nowNanos) => 0;

    public long ExportParquet(ParquetExport export, CancellationToken cancel) =>
        throw new NotSupportedException();

    public void Dispose() { }

    private static long Time(byte[] bytes) => new RecordView(bytes).Header.TimeNanos;

    private static bool Matches(RecordQuery query, Filter? filter, byte[] bytes)
    {
        var record = new RecordView(bytes);
        var time = record.Header.TimeNanos;
        return time >= query.SinceNanos && (query.UntilNanos == 0 || time < query.UntilNanos)
            && (query.Kinds.Count == 0 || query.Kinds.Contains(record.Schema.Info.Name))
            && filter?.Matches(record) != false;
    }
}
