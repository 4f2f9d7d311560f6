using System.Collections.Concurrent;
using NetSniff.Pipeline;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>Takes each batch once: what a lane already gave is acknowledged again and not kept again.</summary>
/// <remarks>What it remembers of a lane is one number, the last sequence it holds; at the start that comes from the
/// store and the log. No socket, no clock, no thread of its own.</remarks>
public sealed class Inbox : IInbox, IDisposable
{
    private readonly IngestOptions _options;
    private readonly IIngestLog _log;
    private readonly Lock _lock = new();
    private readonly Dictionary<LaneId, ulong> _positions = [];
    private readonly ConcurrentDictionary<string, InboxSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, InboxSession> _told = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _leaving = new();
    private long _recordsTaken;
    private long _recordsAgain;
    private long _batchesTaken;
    private long _batchesAgain;
    private long _batchesRefused;

    /// <param name="positions">The last batch of each lane that the store and the log hold.</param>
    public Inbox(IngestOptions options, IIngestLog log, IEnumerable<KeyValuePair<LaneId, ulong>> positions)
    {
        _options = options;
        _log = log;
        foreach (var (lane, sequence) in positions)
        {
            _positions[lane] = Math.Max(sequence, _positions.GetValueOrDefault(lane));
        }
    }

    public string Worker => _options.Worker;

    public string Version => _options.Version;

    public CancellationToken Leaving => _leaving.Token;

    public long BatchesTaken => Volatile.Read(ref _batchesTaken);

    public long RecordsTaken => Volatile.Read(ref _recordsTaken);

    /// <summary>The sensors that are connected.</summary>
    public IReadOnlyCollection<InboxSession> Sessions => [.. _sessions.Values];

    /// <summary>Sensors that are or were connected, with the last that each told of itself.</summary>
    public IEnumerable<SensorState> Sensors()
    {
        lock (_lock)
        {
            return [.. _told.Values.Select(session => new SensorState
            {
                Sensor = session.Sensor,
                Node = session.Node,
                Version = session.Version,
                Worker = Worker,
                IsConnected = session.IsCurrent,
                Status = session.Status,
            })];
        }
    }

    /// <summary>Share of a whole load that this worker takes now, by what waits to be stored; 0 takes no credit.
    /// </summary>
    public int Weight
    {
        get
        {
            var quarter = _options.BacklogBytesMax / 4;
            var over = _log.BytesWaiting - quarter;
            if (over <= 0) return RingMember.WholeWeight;

            return (int)Math.Max(0, RingMember.WholeWeight - RingMember.WholeWeight * over / (3 * quarter));
        }
    }

    internal int Window => Math.Clamp(
        _options.BatchesOnTheWayMax / Math.Max(1, _sessions.Count), 2, _options.WindowMax);

    /// <summary>From now on nothing more is taken.</summary>
    public void Leave() => _leaving.Cancel();

    public IInboxSession? Open(Hello hello)
    {
        if (!LogEntry.IsSensor(hello.Sensor) || _leaving.IsCancellationRequested) return null;

        InboxSession session;
        lock (_lock)
        {
            var isKnown = _sessions.TryGetValue(hello.Sensor, out var earlier);
            if (!isKnown && _sessions.Count >= _options.SensorsMax) return null;

            // Written down before Welcome is said: then the sensor forgets its list.
            foreach (var retraction in hello.Retractions)
            {
                var lane = new LaneId(hello.Sensor, retraction.Lane);
                if (!LogEntry.IsLane(lane) || !_log.TryAppend(lane, retraction.Sequences)) return null;
            }

            session = new InboxSession(this, hello);
            _sessions[hello.Sensor] = session;
            Remember(session);
            earlier?.Supersede();
        }

        return session;
    }

    public IEnumerable<LedgerLine> Ledger()
    {
        yield return new("ingest", "records in", _recordsTaken + _recordsAgain, false);
        yield return new("ingest", "records in the log", _recordsTaken, false);
        yield return new("ingest", "records that were here already", _recordsAgain, false);
        yield return new("ingest", "batches refused", Volatile.Read(ref _batchesRefused), true);
    }

    public void Dispose() => _leaving.Dispose();

    internal InboxAnswer Take(InboxSession session, Batch batch)
    {
        var lane = new LaneId(session.Sensor, batch.Lane);
        lock (_lock)
        {
            if (!session.IsCurrent) return InboxAnswer.Superseded;

            var isKnown = _positions.TryGetValue(lane, out var position);
            if (isKnown && batch.Sequence <= position)
            {
                _batchesAgain++;
                _recordsAgain += batch.Records;
                return InboxAnswer.Durable;
            }

            if ((!isKnown && _positions.Count >= _options.LanesMax) || !LogEntry.IsLane(lane) || batch.Sequence == 0)
            {
                _batchesRefused++;
                return InboxAnswer.Refused;
            }

            if (!_log.TryAppend(lane, batch)) return InboxAnswer.Full;

            _positions[lane] = batch.Sequence;
            _batchesTaken++;
            _recordsTaken += batch.Records;
            return InboxAnswer.Durable;
        }
    }

    internal IReadOnlyList<LanePosition> PositionsOf(string sensor)
    {
        lock (_lock)
        {
            return [.. _positions.Where(entry => entry.Key.Sensor == sensor)
                .Select(entry => new LanePosition { Lane = entry.Key.Lane, Sequence = entry.Value })];
        }
    }

    /// <summary>Of sensors that are gone the oldest are forgotten first.</summary>
    private void Remember(InboxSession session)
    {
        _told[session.Sensor] = session;
        if (_told.Count <= _options.SensorsMax) return;

        foreach (var (sensor, gone) in _told)
        {
            if (gone.IsCurrent) continue;

            _told.Remove(sensor);
            return;
        }
    }

    internal void Close(InboxSession session) =>
        _sessions.TryRemove(new KeyValuePair<string, InboxSession>(session.Sensor, session));
}

/// <summary>One connection of a sensor, and what the sensor last said of itself.</summary>
public sealed class InboxSession : IInboxSession
{
    private readonly Inbox _inbox;
    private readonly CancellationTokenSource _superseded = new();
    private volatile bool _isOver;

    internal InboxSession(Inbox inbox, Hello hello)
    {
        _inbox = inbox;
        Sensor = hello.Sensor;
        Node = hello.Node;
        Version = hello.Version;
        Superseded = _superseded.Token;
    }

    public string Sensor { get; }

    public string Node { get; }

    public string Version { get; }

    /// <summary>Null until it said something.</summary>
    public SensorStatus? Status { get; private set; }

    public IReadOnlyList<LanePosition> Positions => _inbox.PositionsOf(Sensor);

    public int Window => _inbox.Window;

    public int Weight => _inbox.Weight;

    public CancellationToken Superseded { get; }

    internal bool IsCurrent => !_isOver;

    public InboxAnswer Take(Batch batch) => _inbox.Take(this, batch);

    public void Report(SensorStatus status) => Status = status;

    public void Dispose()
    {
        _isOver = true;
        _inbox.Close(this);
        _superseded.Dispose();
    }

    internal void Supersede()
    {
        // Under the inbox's lock: a batch that is being taken is taken, later ones are not.
        _isOver = true;
        try
        {
            // Elsewhere: whoever waits for it must not run under that lock.
            _ = _superseded.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself just now.
        }
    }
}
