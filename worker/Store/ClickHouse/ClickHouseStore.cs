using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Records;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Keeps records on a ClickHouse server, a table for each kind.</summary>
/// <remarks>How a commit that is several inserts is stored once or not at all: <see cref="ClickSession"/>. After
/// anything failed nothing is known of what the server has, so the next use begins a session anew and reads what is
/// stored. Readers need no session: they ask for what the last <see cref="Picture"/> says is settled.</remarks>
public sealed partial class ClickHouseStore : IRecordStore
{
    private static readonly TimeSpan s_bytesEvery = TimeSpan.FromSeconds(10);

    private readonly ClickHouseOptions _options;
    private readonly ClickHttp _http;
    private readonly ClickTables _tables = new();
    private readonly NameOctets _names = new();
    private readonly string _owner = Guid.NewGuid().ToString("N");

    // What waits for the commit.
    private readonly Dictionary<ushort, KindBlock> _blocks = [];
    private readonly Dictionary<uint, ulong> _marks = [];
    private readonly Dictionary<(string Kind, int Hour), Partition.Span> _spans = [];
    private readonly Dictionary<long, int> _hours = [];
    private long _pendingBytes;
    private long _now;

    private ClickSession? _session;
    private StolenException? _stolen;
    private long _bytesAt;
    private volatile Picture _picture = Picture.Empty;
    private volatile ClickPeers? _peers;
    private bool _isDisposed;

    /// <exception cref="IOException">The server does not answer, or refuses what a store needs.</exception>
    public ClickHouseStore(ClickHouseOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _http = new ClickHttp(options);
        try
        {
            _ = Session;
        }
        catch (IOException)
        {
            _http.Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<LaneId, ulong> Stored => _picture.Stored;

    public StoreCounts Counts
    {
        get
        {
            var picture = _picture;
            var spans = picture.Spans.Values.SelectMany(hours => hours.Values).ToList();
            return new StoreCounts
            {
                Records = spans.Sum(span => span.Records),
                RecordsExpired = picture.Expired,
                RecordsRetracted = picture.Retracted,
                BytesOnDisk = picture.BytesOnDisk,
                OldestNanos = spans.Count == 0 ? 0 : spans.Min(span => span.Oldest),
                NewestNanos = spans.Count == 0 ? 0 : spans.Max(span => span.Newest),
            };
        }
    }

    public IReadOnlyList<KindCounts> Kinds
    {
        get
        {
            var picture = _picture;
            List<KindCounts> kinds = [];
            foreach (var table in _tables.All)
            {
                var all = default(Partition.Span);
                if (picture.Spans.TryGetValue(table.Name, out var hours))
                {
                    foreach (var span in hours.Values) all = all.With(span);
                }

                kinds.Add(new KindCounts(table.Name, all.Records, all.Oldest, all.Newest));
            }

            return kinds;
        }
    }

    private ClickSession Session => _session ?? Begin();

    public bool Append(in StoreBatch batch)
    {
        var session = Session;
        var lane = session.Books.Number(batch.Lane);
        var mark = _marks.TryGetValue(lane, out var pending) ? pending : session.Books.Marks.GetValueOrDefault(lane);
        if (batch.Sequence <= mark) return false;

        var isWanted = !session.Books.Unwanted.Contains((lane, batch.Sequence));
        if (_marks.Count == 0) _now = NowNanos();
        if (isWanted) Add(session.Books.Peers, lane, batch.Sequence, batch.Records);
        _marks[lane] = batch.Sequence;
        if (_pendingBytes > _options.PendingBytesMax) Commit();
        return isWanted;
    }

    public void Commit()
    {
        if (_marks.Count == 0) return;
        var session = Session;
        try
        {
            var picture = MakeRoomForStrays(session, _picture);
            session.Books.WriteLanes(session.Commit);
            session.Books.Peers.Write(session.Commit);
            foreach (var block in _blocks.Values.Where(block => block.Rows > 0))
            {
                _options.Before?.Invoke(CommitStep.Rows);
                session.Insert(block);
            }

            var commit = session.Commit;
            session.Settle(_marks, _options.Before);
            _picture = Committed(session, picture, commit);
        }
        catch (Exception error) when (error is ClickException or StolenException)
        {
            throw Broken(error);
        }
        finally
        {
            Forget();
        }
    }

    public void Forget()
    {
        foreach (var block in _blocks.Values) block.Clear();
        _marks.Clear();
        _spans.Clear();
        _hours.Clear();
        _pendingBytes = 0;
    }

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _session = null;
        _http.Dispose();
    }

    /// <summary>What is stored after a commit.</summary>
    private Picture Committed(ClickSession session, Picture picture, ulong commit)
    {
        foreach (var ((kind, hour), span) in _spans)
        {
            picture = picture.With(kind, hour, picture.SpanOf(kind, hour).With(span));
        }

        var stored = picture.Stored.ToBuilder();
        foreach (var (lane, batch) in _marks) stored[session.Books.Lane(lane)] = batch;
        // What was refused and came has passed, and there is nothing to be deleted of it.
        session.Books.ForgetUnwanted([.. session.Books.Unwanted.Where(one =>
            _marks.TryGetValue(one.Lane, out var mark) && one.Batch <= mark && !session.Leaving.Contains(one))]);
        picture = picture with { Stored = stored.ToImmutable(), Settled = session.Settled(commit) };
        return BytesLater(session, picture);
    }

    private Picture BytesLater(ClickSession session, Picture picture)
    {
        if (_options.Clock.GetElapsedTime(_bytesAt) < s_bytesEvery) return picture;
        _bytesAt = _options.Clock.GetTimestamp();
        return picture with { BytesOnDisk = session.BytesByHour().Values.Sum() };
    }

    private void Add(ClickPeers peers, uint lane, ulong batch, ReadOnlySpan<byte> records)
    {
        _pendingBytes += records.Length;
        while (!records.IsEmpty)
        {
            ref readonly var head = ref Unsafe.As<byte, RecordHeader>(ref MemoryMarshal.GetReference(records));
            var hour = HourOf(head.TimeNanos);
            if (!_blocks.TryGetValue(head.Kind, out var block))
            {
                _blocks[head.Kind] = block = new KindBlock(_tables.Of(head.Kind), _names);
            }

            var seen = hour == 0 ? Partition.HourOf(_now) : hour;
            var place = new RecordPlace(
                hour, lane, batch, peers.Note(head.ClientPeer, seen), peers.Note(head.ServerPeer, seen));
            block.Add(in place, in head, records[Unsafe.SizeOf<RecordHeader>()..head.Length]);
            ref var span = ref CollectionsMarshal.GetValueRefOrAddDefault(_spans, (block.Table.Name, hour), out _);
            span = span.With(head.TimeNanos);
            records = records[head.Length..];
        }
    }

    /// <summary>The partition of a moment: its hour, or 0 where it is too far from now to have its own.</summary>
    private int HourOf(long nanos)
    {
        var hour = Partition.HourOf(nanos);
        if (_hours.TryGetValue(hour, out var known)) return known;

        var now = Partition.HourOf(_now);
        var isHour = hour > 0 && hour >= now - (long)Math.Ceiling(Retention.AgeMax.TotalHours)
            && hour <= now + (long)Math.Ceiling(_options.AheadMax.TotalHours);
        return _hours[hour] = isHour ? (int)hour : 0;
    }

    private ClickSession Begin()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_stolen is not null) throw Failure(_stolen);
        try
        {
            var (session, picture) = ClickSession.Open(_http, _tables, _owner, isAgain: _peers is not null);
            Forget();
            (_peers, _picture, _session) = (session.Books.Peers, picture, session);
            return session;
        }
        catch (Exception error) when (error is ClickException or StolenException)
        {
            throw Broken(error);
        }
    }

    /// <summary>After a failure nothing is known of what the server has: the next use begins anew.</summary>
    private IOException Broken(Exception error)
    {
        _session = null;
        _stolen ??= error as StolenException;
        Forget();
        return Failure(error);
    }

    private IOException Failure(Exception error) => new(
        error is ClickException { Code: ClickException.NoAnswer }
            ? $"ClickHouse at {_options.Address} does not answer: {error.Message}"
            : $"ClickHouse at {_options.Address}: {error.Message}",
        error);

    private long NowNanos() => (_options.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}
