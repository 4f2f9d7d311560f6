using System.Runtime.InteropServices;
using NetSniff.Pipeline;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Telemetry;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>Carries batches from a log into a store: unpacked, named, looked at, stored; then the log may forget them,
/// and those who follow see them. One thread.</summary>
/// <remarks>The store's commit holds the last sequence of each lane beside the rows, so that after a crash, or a
/// failure of the disk, reading the log again stores nothing twice.</remarks>
public sealed class StorePump : IDisposable
{
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(100);

    private readonly IngestLog _log;
    private readonly IRecordStore _store;
    private readonly CommitOptions _options;
    private readonly StorePumpParts _parts;
    private readonly TimeProvider _clock;
    private readonly QueueReader _reader;
    private readonly BatchDecoder _decoder = new();
    private readonly BatchUnpacker _unpacker = new();
    private readonly StorePumpCounters _counters = new();
    private readonly UncommittedBatches _uncommitted;
    private ulong _read;
    private ulong _failedAt;
    private int _tries;
    private int _recordsUncommitted;
    private bool _isDirty;
    private long _committedAt;
    private long _expiredAt;
    private volatile bool _isDrained;

    public StorePump(
        IngestLog log, IRecordStore store, CommitOptions options, StorePumpParts parts, TimeProvider clock)
    {
        _log = log;
        _store = store;
        _options = options;
        _parts = parts;
        _clock = clock;
        _uncommitted = new UncommittedBatches(parts.Feeds);
        _read = log.Acknowledged;
        _reader = log.OpenReader();
        _committedAt = _expiredAt = clock.GetTimestamp();
    }

    /// <summary>Why nothing is stored now; null while all is well.</summary>
    public string? Problem { get; private set; }

    public long RecordsStored => _counters.Stored;

    /// <summary>Everything that was in the log is stored.</summary>
    public bool IsDrained => _isDrained;

    public IEnumerable<LedgerLine> Ledger() => _counters.Ledger().Append(
        new LedgerLine("store", "hours set aside as damaged", _store.Counts.FilesDamaged, true));

    /// <summary>Works until it is told to stop, and then on until the log is empty or time is up.</summary>
    public void Run(CancellationToken stop, CancellationToken stopAtOnce)
    {
        while (!stopAtOnce.IsCancellationRequested)
        {
            _parts.Beat?.Invoke();
            try
            {
                if (!Step() && !Rest(stop, stopAtOnce)) break;
            }
            catch (Exception problem) when (IsOfTheStore(problem))
            {
                Recover(problem);
                stopAtOnce.WaitHandle.WaitOne(_options.RetryAfter);
            }
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _unpacker.Dispose();
    }

    /// <summary>Handles an entry, if there is one.</summary>
    private bool Step()
    {
        if (!_reader.TryRead(out var entry)) return false;

        _isDrained = false;
        _read = entry.Sequence;
        if (_failedAt == entry.Sequence && _tries >= _options.TriesMax) _counters.GivenUp += entry.Records;
        else Handle(entry);
        if (_recordsUncommitted >= _options.RecordsMax || _uncommitted.IsFull || IsDue(_options.EveryBusy))
        {
            Commit(_read);
            ExpireIfDue();
        }

        return true;
    }

    /// <summary>Makes durable what was appended, which is all of the log up to an entry.</summary>
    private void Commit(ulong through)
    {
        if (_isDirty) _store.Commit();
        _reader.Acknowledge(through);
        _counters.Settle();
        (_recordsUncommitted, _isDirty, _committedAt) = (0, false, _clock.GetTimestamp());
        (Problem, _failedAt, _tries) = (null, 0, 0);
        _uncommitted.Publish();
    }

    private bool IsDue(TimeSpan every) => _clock.GetElapsedTime(_committedAt) >= every;

    /// <summary>The log has nothing now.</summary>
    /// <returns>False when that is the end.</returns>
    private bool Rest(CancellationToken stop, CancellationToken stopAtOnce)
    {
        var isBehind = _isDirty || _read > _log.Acknowledged;
        if (isBehind && (IsDue(_options.Every) || stop.IsCancellationRequested))
        {
            Commit(_read);
            isBehind = false;
        }

        _isDrained = !isBehind;
        if (stop.IsCancellationRequested) return false;

        ExpireIfDue();
        var left = _options.Every - _clock.GetElapsedTime(_committedAt);
        var wait = isBehind && left < s_idle ? left : s_idle;
        if (wait > TimeSpan.Zero) Wait(wait, stop);
        return true;
    }

    /// <summary>Once in a while, however busy it is: what is too old or too much goes.</summary>
    private void ExpireIfDue()
    {
        if (_clock.GetElapsedTime(_expiredAt) < _options.ExpireEvery) return;

        // What waits is stored first: a store that fails to expire forgets it, and it counts as read.
        if (_isDirty) Commit(_read);
        _expiredAt = _clock.GetTimestamp();
        _counters.Expired += _store.Expire(_clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000);
    }

    private void Wait(TimeSpan wait, CancellationToken stop)
    {
        try
        {
            _log.WaitAsync(wait, stop).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }

    private void Handle(QueueEntry entry)
    {
        var fields = new LogEntryReader(entry.Payload);
        var lane = fields.Lane();
        switch ((LogEntryKind)entry.Kind)
        {
            case LogEntryKind.Batch:
                HandleBatch(lane, ref fields, entry.Records);
                break;
            case LogEntryKind.Retraction:
                HandleRetraction(lane, ref fields, entry.Sequence);
                break;
            default:
                break; // of a later version, which ran here before
        }
    }

    private void HandleBatch(LaneId lane, ref LogEntryReader fields, int recordsTold)
    {
        var sequence = fields.Varint();
        var compression = (Compression)fields.Byte();
        var unpackedBytes = (uint)fields.Varint();
        using var step = BatchTrace.Step(fields.Text(LogEntry.TraceParentBytesMax), "batch store");
        _counters.Read += recordsTold;
        var isFine = !fields.IsBroken
            && _unpacker.TryUnpack(fields.Rest(), compression, unpackedBytes, out var packed)
            && _decoder.TryRead(packed);
        var records = isFine ? _decoder.Records : [];
        var count = isFine ? _decoder.Count : 0;
        _counters.Damaged += recordsTold - count;
        if (count > 0) Prepare(records, count);

        // Also an empty one: its number must not be forgotten.
        var batch = new StoreBatch { Lane = lane, Sequence = sequence, Records = records, Count = count };
        if (count > 0 && _parts.Detector is { } detector) batch = detector.Detect(in batch);
        var isNew = _store.Append(in batch);
        _isDirty = true;
        _recordsUncommitted += count;
        if (isNew) _counters.Appended += count;
        else _counters.Again += count;
        if (isNew && count > 0) _uncommitted.Add(in batch);
    }

    private void Prepare(ReadOnlySpan<byte> records, int count)
    {
        // The decoder's memory, ours until its next batch.
        var open = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(records), records.Length);
        foreach (var enricher in _parts.Enrichers) enricher.Enrich(open, count);
        foreach (var watcher in _parts.Watchers) watcher.Watch(records, count);
    }

    private void HandleRetraction(LaneId lane, ref LogEntryReader fields, ulong place)
    {
        var sequences = new List<ulong>();
        for (var left = fields.Varint(); left > 0 && !fields.IsBroken; left--) sequences.Add(fields.Varint());

        // What came before it is in the log before it, and so in the store.
        if (_isDirty) Commit(place - 1);
        _store.Retract(lane, sequences);
        _counters.Retracted += sequences.Count;
        _isDirty = true;
    }

    /// <summary>Nothing since the last commit is kept, so all of it is read again.</summary>
    private void Recover(Exception problem)
    {
        Problem = problem.Message;
        _isDrained = false;
        if (problem is not IOException)
        {
            _tries = _failedAt == _read ? _tries + 1 : 1;
            _failedAt = _read;
        }

        _counters.Failures++;
        _counters.Forget();
        _uncommitted.Forget();
        _store.Forget();
        (_recordsUncommitted, _isDirty) = (0, false);
        _reader.Rewind(_log.Acknowledged);
        try
        {
            // A disk that is full gets room by nothing else.
            ExpireIfDue();
        }
        catch (Exception again) when (IsOfTheStore(again))
        {
            _counters.Failures++;
        }
    }

    // Whatever a store throws, the records stay in the log and are tried again.
    private static bool IsOfTheStore(Exception problem) =>
        problem is not (OutOfMemoryException or OperationCanceledException or ObjectDisposedException);
}

/// <summary>Who else sees records on their way into the store.</summary>
public sealed record StorePumpParts
{
    public IReadOnlyList<IRecordEnricher> Enrichers { get; init; } = [];

    public IReadOnlyList<IRecordWatcher> Watchers { get; init; } = [];

    public IBatchDetector? Detector { get; init; }

    public IReadOnlyList<IRecordFeed> Feeds { get; init; } = [];

    /// <summary>Called each time the loop goes round.</summary>
    public Action? Beat { get; init; }
}
