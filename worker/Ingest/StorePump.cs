using System.Runtime.ExceptionServices;
using NetSniff.Pipeline;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Telemetry;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>Carries batches from a log into a store: unpacked and named ahead on a thread of their own
/// (<see cref="DecodeAhead"/>), stored by the caller's; then the log may forget them, and those who follow see them.
/// </summary>
/// <remarks>The store's commit holds the last sequence of each lane beside the rows, so that after a crash, or a
/// failure of the disk, reading the log again stores nothing twice.</remarks>
public sealed class StorePump : IDisposable
{
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(100);

    private readonly IngestLog _log;
    private readonly DecodeAhead _ahead;
    private readonly IRecordStore _store;
    private readonly CommitOptions _options;
    private readonly StorePumpParts _parts;
    private readonly TimeProvider _clock;
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
        _uncommitted = new UncommittedBatches(parts.Feeds, options.BytesMax);
        _read = log.Acknowledged;
        _ahead = new DecodeAhead(log, parts);
        _committedAt = _expiredAt = clock.GetTimestamp();
    }

    /// <summary>Why nothing is stored now; null while all is well.</summary>
    public string? Problem { get; private set; }

    public long RecordsStored => _counters.Stored;

    /// <summary>Everything that was in the log is stored.</summary>
    public bool IsDrained => _isDrained;

    public IEnumerable<LedgerLine> Ledger() =>
    [
        .. _counters.Ledger(),
        new("store", "applications without room for a number", _ahead.AppsRefused, false),
        new("store", "hours set aside as damaged", _store.Counts.FilesDamaged, true),
    ];

    /// <summary>Works until it is told to stop, and then on until the log is empty or time is up.</summary>
    public void Run(CancellationToken stop, CancellationToken stopAtOnce)
    {
        _ahead.Start(stop);
        try
        {
            while (!stopAtOnce.IsCancellationRequested)
            {
                // It lives while both threads do.
                if (_ahead.HasTurned()) _parts.Beat?.Invoke();
                try
                {
                    if (!Step()) break;
                }
                catch (Exception problem) when (IsOfTheStore(problem))
                {
                    Recover(problem);
                    stopAtOnce.WaitHandle.WaitOne(_options.RetryAfter);
                    _ahead.Start(stop);
                }
            }
        }
        finally
        {
            _ahead.Halt();
        }
    }

    public void Dispose() => _ahead.Dispose();

    /// <summary>Handles an entry, if there is one by now.</summary>
    /// <returns>False at the end.</returns>
    private bool Step()
    {
        using var entry = _ahead.Next(Patience());
        if (entry is null) return Rest();

        _isDrained = false;
        _read = entry.Place;
        if (_failedAt == entry.Place && _tries >= _options.TriesMax) GiveUp(entry);
        else Handle(entry);
        if (_recordsUncommitted >= _options.RecordsMax || _uncommitted.IsFull || IsDue(_options.EveryBusy))
        {
            Commit(_read);
            ExpireIfDue();
        }

        return true;
    }

    /// <summary>How long to wait for an entry before what is stored is committed.</summary>
    private TimeSpan Patience()
    {
        if (!IsBehind) return s_idle;
        var left = _options.Every - _clock.GetElapsedTime(_committedAt);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < s_idle ? left : s_idle;
    }

    private bool IsBehind => _isDirty || _read > _log.Acknowledged;

    /// <summary>Makes durable what was appended, which is all of the log up to an entry.</summary>
    private void Commit(ulong through)
    {
        if (_isDirty) _store.Commit();
        _ahead.Acknowledge(through);
        _counters.Settle();
        (_recordsUncommitted, _isDirty, _committedAt) = (0, false, _clock.GetTimestamp());
        (Problem, _failedAt, _tries) = (null, 0, 0);
        _uncommitted.Publish();
    }

    private bool IsDue(TimeSpan every) => _clock.GetElapsedTime(_committedAt) >= every;

    /// <summary>Nothing is there now.</summary>
    /// <returns>False when that is the end.</returns>
    private bool Rest()
    {
        var hasEnded = _ahead.HasEnded;
        var isEmpty = _ahead.IsEmpty;
        if (IsBehind && (IsDue(_options.Every) || hasEnded)) Commit(_read);
        _isDrained = isEmpty && !IsBehind;
        if (hasEnded) return false;

        ExpireIfDue();
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

    private void Handle(DecodedEntry entry)
    {
        if (entry.Failure is { } failure) ExceptionDispatchInfo.Throw(failure);
        switch (entry.Kind)
        {
            case LogEntryKind.Batch:
                HandleBatch(entry);
                break;
            case LogEntryKind.Retraction:
                HandleRetraction(entry);
                break;
            default:
                // Of a later version, which ran here before.
                _counters.Read += entry.RecordsTold;
                _counters.Damaged += entry.RecordsTold;
                _counters.Passed++;
                break;
        }
    }

    private void GiveUp(DecodedEntry entry)
    {
        _counters.GivenUp += entry.RecordsTold;
        if (entry.Kind != LogEntryKind.Batch) _counters.Passed++;
    }

    private void HandleBatch(DecodedEntry entry)
    {
        using var step = BatchTrace.Step(entry.TraceParent, "batch store");
        var count = entry.Count;
        _counters.Read += entry.RecordsTold;
        _counters.Damaged += entry.RecordsTold - count;
        _counters.Columns += entry.ColumnsUnknown;
        // Also an empty one: its number must not be forgotten.
        var batch = new StoreBatch
        {
            Lane = entry.Lane, Sequence = entry.Sequence, Records = entry.Records, Count = count,
        };
        if (count > 0 && _parts.Detector is { } detector) batch = detector.Detect(in batch);
        var isNew = _store.Append(in batch);
        _isDirty = true;
        _recordsUncommitted += count;
        if (isNew) _counters.Appended += count;
        else _counters.Again += count;
        if (isNew && count > 0) _uncommitted.Add(in batch);
    }

    private void HandleRetraction(DecodedEntry entry)
    {
        if (entry.IsBroken) _counters.Passed++;
        // What came before it is in the log before it, and so in the store.
        if (_isDirty) Commit(entry.Place - 1);
        _store.Retract(entry.Lane, entry.Retracted);
        _counters.Retracted += entry.Retracted.Count;
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
        _read = _log.Acknowledged;
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

    public IBatchDetector? Detector { get; init; }

    public IReadOnlyList<IRecordFeed> Feeds { get; init; } = [];

    /// <summary>Called each time the loop goes round.</summary>
    public Action? Beat { get; init; }
}
