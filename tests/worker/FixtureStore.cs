using System.Buffers.Binary;
using System.Text;
using NetSniff.Buffers;
using NetSniff.Records;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker;

/// <summary>A store that keeps the flow ids of records, in memory and, with a path, in a file where a commit is one
/// write: what a kill leaves of it is whole commits.</summary>
internal sealed class FixtureStore : IRecordStore
{
    private readonly Dictionary<LaneId, ulong> _stored = [];
    private readonly Dictionary<(LaneId Lane, ulong Sequence), ulong[]> _batches = [];
    private readonly List<(LaneId Lane, ulong Sequence, ulong[] Ids)> _pending = [];
    private readonly FileStream? _file;
    private readonly Lock _lock = new();

    public FixtureStore(string? path = null)
    {
        if (path is null) return;

        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        Recover();
    }

    public IReadOnlyDictionary<LaneId, ulong> Stored
    {
        get
        {
            lock (_lock) return new Dictionary<LaneId, ulong>(_stored);
        }
    }

    public IReadOnlyList<HourCounts> Hours => [];

    public IReadOnlyList<KindCounts> Kinds => [];

    public StoreRetention Retention { get; set; } = new(TimeSpan.MaxValue, long.MaxValue);

    public StoreCounts Counts => new() { Records = Ids.Count };

    public int Expires { get; private set; }

    public Action? Expiring { get; set; }

    /// <summary>Thrown by the next commits, one after the other.</summary>
    public Queue<Exception> CommitFailures { get; } = new();

    /// <summary>While set, no commit succeeds.</summary>
    public bool IsFailing { get; set; }

    /// <summary>Thrown by the next appends; null lets one pass.</summary>
    public Queue<Exception?> AppendFailures { get; } = new();

    /// <summary>While set, nothing can be taken back.</summary>
    public bool RefusesRetractions { get; set; }

    public int Commits { get; private set; }

    /// <summary>Every record that is committed, as often as it is.</summary>
    public List<ulong> Ids
    {
        get
        {
            lock (_lock) return [.. _batches.Values.SelectMany(static ids => ids)];
        }
    }

    public bool Append(in StoreBatch batch)
    {
        if (AppendFailures.TryDequeue(out var failure) && failure is not null) throw failure;

        lock (_lock)
        {
            var last = _pending.Where(Same(batch.Lane)).Select(static one => one.Sequence)
                .Append(_stored.GetValueOrDefault(batch.Lane)).Max();
            if (batch.Sequence <= last) return false;

            var ids = new List<ulong>();
            foreach (var record in new RecordWalker(batch.Records)) ids.Add(record.Header.FlowId);
            Assert.Equal(batch.Count, ids.Count);
            _pending.Add((batch.Lane, batch.Sequence, [.. ids]));
            return true;
        }
    }

    public void Commit()
    {
        lock (_lock)
        {
            if (IsFailing || CommitFailures.Count > 0)
            {
                _pending.Clear();
                throw CommitFailures.TryDequeue(out var failure) ? failure : new IOException("no space left");
            }

            Write();
            foreach (var (lane, sequence, ids) in _pending) Keep(lane, sequence, ids);
            _pending.Clear();
            Commits++;
        }
    }

    public void Retract(LaneId lane, IReadOnlyList<ulong> sequences)
    {
        lock (_lock)
        {
            Assert.Empty(_pending);
            if (RefusesRetractions) throw new InvalidOperationException("no such table");
            foreach (var sequence in sequences)
            {
                // In the file an empty batch says that it was taken back.
                if (_batches.ContainsKey((lane, sequence))) _pending.Add((lane, sequence, []));
            }
        }
    }

    public long Expire(long nowNanos)
    {
        lock (_lock)
        {
            Assert.Empty(_pending);
            Expires++;
            Expiring?.Invoke();
            return 0;
        }
    }

    public void Forget()
    {
        lock (_lock) _pending.Clear();
    }

    public bool Read(RecordQuery query, RecordConsumer consumer, CancellationToken cancel) =>
        throw new NotSupportedException();

    public IReadOnlyList<AggregateRow> Aggregate(AggregateQuery query, CancellationToken cancel) =>
        throw new NotSupportedException();

    public SqlResult Sql(SqlQuery query, CancellationToken cancel) => throw new NotSupportedException();

    public long ExportParquet(ParquetExport export, CancellationToken cancel) =>
        throw new NotSupportedException();

    public void Dispose() => _file?.Dispose();

    private static Func<(LaneId Lane, ulong Sequence, ulong[] Ids), bool> Same(LaneId lane) => one => one.Lane == lane;

    private void Keep(LaneId lane, ulong sequence, ulong[] ids)
    {
        _stored[lane] = Math.Max(sequence, _stored.GetValueOrDefault(lane));
        _batches[(lane, sequence)] = ids;
    }

    private void Write()
    {
        if (_file is null || _pending.Count == 0) return;

        var body = new ByteWriter();
        foreach (var (lane, sequence, ids) in _pending)
        {
            body.PutText(Encoding.ASCII.GetBytes($"{lane.Sensor} {lane.Lane}"));
            body.PutUInt64(sequence);
            body.PutUInt32((uint)ids.Length);
            foreach (var id in ids) body.PutUInt64(id);
        }

        var block = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(block, body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(4), Crc32C.Of(body.Written));
        body.Written.CopyTo(block.AsSpan(8));
        _file.Write(block);
    }

    private void Recover()
    {
        var bytes = new byte[_file!.Length];
        _file.ReadExactly(bytes);
        var rest = bytes.AsSpan();
        var whole = 0L;
        while (rest.Length >= 8)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            if (length > rest.Length - 8) break;
            var body = rest.Slice(8, length);
            if (Crc32C.Of(body) != BinaryPrimitives.ReadUInt32LittleEndian(rest[4..])) break;

            Recover(body);
            rest = rest[(8 + length)..];
            whole += 8 + length;
        }

        _file.SetLength(whole);
        _file.Position = whole;
    }

    private void Recover(ReadOnlySpan<byte> body)
    {
        while (!body.IsEmpty)
        {
            var name = Encoding.ASCII.GetString(body.Slice(1, body[0])).Split(' ');
            body = body[(1 + body[0])..];
            var sequence = BinaryPrimitives.ReadUInt64LittleEndian(body);
            var ids = new ulong[BinaryPrimitives.ReadInt32LittleEndian(body[8..])];
            body = body[12..];
            for (var index = 0; index < ids.Length; index++)
            {
                ids[index] = BinaryPrimitives.ReadUInt64LittleEndian(body[(8 * index)..]);
            }

            body = body[(8 * ids.Length)..];
            Keep(new LaneId(name[0], name[1]), sequence, ids);
        }
    }
}
