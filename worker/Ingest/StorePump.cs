using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using NetSniff.Pipeline;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>Carries batches from a log into a store: unpacked, named, looked at, stored, shown to who follows; then the
/// log may forget them. One thread.</summary>
/// <remarks>The store's commit holds the last sequence of each lane beside the rows, so that after a crash, or a failure
/// of the disk, reading the log again stores nothing twice.</remarks>
public sealed class StorePump : IDisposable
{
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(100);

    private readonly IngestLog _log;
    private readonly IRecordStore _store;
    private readonly CommitOptions _options;
    private readonly TimeProvider _clock;
    private readonly QueueReader _reader;
    private readonly BatchDecoder _decoder = new();
    private readonly BatchUnpacker _unpacker = new();
    private readonly StorePumpCounters _counters = new();
    private ulong _read;
    private ulong _published;
    private ulong _failedAt;
    private int _tries;
    private int _uncommitted;
    private bool _hasUncommitted;
    private long _committedAt;
    private long _expiredAt;

    public StorePump(IngestLog log, IRecordStore store, CommitOptions options, TimeProvider clock)
    {
        _log = log;
        _store = store;
        _options = options;
        _clock = clock;
        _reader = log.OpenReader();
        _committedAt = _expiredAt = clock.GetTimestamp();
    }

    public IReadOnlyList<IRecordEnricher> Enrichers { get; init; } = [];

    public IReadOnlyList<IRecordWatcher> Watchers { get; init; } = [];

    public IReadOnlyList<IRecordFeed> Feeds { get; init; } = [];

    /// <summary>Why nothing is stored now; null while all is well.</summary>
    public string? Problem { get; private set; }

    public long RecordsStored => _counters.Stored;

    /// <summary>Everything that was in the log is stored.</summary>
    public bool IsDrained { get; private set; }

    public IEnumerable<LedgerLine> Ledger() => _counters.Ledger();

    /// <summary>Works until it is told to stop, and then on until the log is empty or time is up.</summary>
    public void Run(CancellationToken stop, CancellationToken stopAtOnce)
    {
        while (!stopAtOnce.IsCancellationRequested)
        {
            try
            {
                if (!Step() && !Rest(stop, stopAtOnce)) break;
            }
            catch (Exception problem) when (IsOfTheStore(problem))
            {
                Recover(problem, stopAtOnce);
            }
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _unpacker.Dispose();
    }

    /// <summary>Handles an entry, if there is one.</summary>
    internal bool Step()
    {
        if (!_reader.TryRead(out var entry)) return false;

        IsDrained = false;
        _read = entry.Sequence;
        if (_failedAt == entry.Sequence && _tries >= _options.TriesMax) _counters.GivenUp += entry.Records;
        else Handle(entry);
        if (_uncommitted >= _options.RecordsMax || IsDue()) Commit(_read);
        return true;
    }

    /// <summary>Makes durable what was appended, which is all of the log up to an entry.</summary>
    private void Commit(ulong through)
    {
        if (_hasUncommitted) _store.Commit();
        _reader.Acknowledge(through);
        _counters.Settle();
        (_uncommitted, _hasUncommitted, _committedAt) = (0, false, _clock.GetTimestamp());
        (Problem, _failedAt, _tries) = (null, 0, 0);
    }

    private bool IsDue() => _clock.GetElapsedTime(_committedAt) >= _options.Every;

    /// <summary>The log has nothing now.</summary>
    /// <returns>False when that is the end.</returns>
    private bool Rest(CancellationToken stop, CancellationToken stopAtOnce)
    {
        if (_read > 0 && (_hasUncommitted || !IsDrained) && (IsDue() || stop.IsCancellationRequested)) Commit(_read);
        IsDrained = !_hasUncommitted;
        if (stop.IsCancellationRequested) return false;

        if (_clock.GetElapsedTime(_expiredAt) >= _options.ExpireEvery)
        {
            _expiredAt = _clock.GetTimestamp();
            _counters.Expired += _store.Expire(_clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000);
        }

        var left = _options.Every - _clock.GetElapsedTime(_committedAt);
        var wait = _hasUncommitted && left < s_idle ? left : s_idle;
        if (wait > TimeSpan.Zero) Wait(wait, stopAtOnce);
        return true;
    }

    private void Wait(TimeSpan wait, CancellationToken stopAtOnce)
    {
        try
        {
            _log.WaitAsync(wait, stopAtOnce).GetAwaiter().GetResult();
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
        if (entry.Kind == (uint)LogEntryKind.Batch) HandleBatch(lane, ref fields, entry.Sequence, entry.Records);
        else if (entry.Kind == (uint)LogEntryKind.Retraction) HandleRetraction(lane, ref fields, entry.Sequence);
    }

    private void HandleBatch(LaneId lane, ref LogEntryReader fields, ulong place, int recordsTold)
    {
        var sequence = fields.Varint();
        var compression = (Compression)fields.Byte();
        var unpackedBytes = (uint)fields.Varint();
        fields.Text(64);
        _counters.Read += recordsTold;
        var isFine = !fields.IsBroken
            && _unpacker.TryUnpack(fields.Rest(), compression, unpackedBytes, out var batch)
            && _decoder.TryRead(batch);
        var records = isFine ? _decoder.Records : [];
        var count = isFine ? _decoder.Count : 0;
        _counters.Damaged += recordsTold - count;
        if (count > 0) Prepare(records, count);

        // Also an empty one: its number must not be forgotten.
        var isNew = _store.Append(
            new StoreBatch { Lane = lane, Sequence = sequence, Records = records, Count = count });
        _hasUncommitted = true;
        _uncommitted += count;
        if (isNew) _counters.Appended += count;
        else _counters.Again += count;
        if (!isNew || place <= _published) return;

        _published = place;
        foreach (var feed in Feeds) feed.Publish(records, count);
    }

    private void Prepare(ReadOnlySpan<byte> records, int count)
    {
        // The decoder's memory, ours until its next batch.
        var open = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(records), records.Length);
        foreach (var enricher in Enrichers) enricher.Enrich(open, count);
        foreach (var watcher in Watchers) watcher.Watch(records, count);
    }

    private void HandleRetraction(LaneId lane, ref LogEntryReader fields, ulong place)
    {
        var sequences = new List<ulong>();
        for (var left = fields.Varint(); left > 0 && !fields.IsBroken; left--) sequences.Add(fields.Varint());

        // What came before it is in the log before it, and so in the store.
        if (_hasUncommitted) Commit(place - 1);
        _store.Retract(lane, sequences);
        _counters.Retracted += sequences.Count;
        _hasUncommitted = true;
    }

    /// <summary>Nothing since the last commit is kept, so all of it is read again.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "the token's wait handle belongs to the token")]
    private void Recover(Exception problem, CancellationToken stopAtOnce)
    {
        Problem = problem.Message;
        IsDrained = false;
        if (problem is not IOException)
        {
            _tries = _failedAt == _read ? _tries + 1 : 1;
            _failedAt = _read;
        }

        _counters.Failures++;
        _counters.Forget();
        (_uncommitted, _hasUncommitted) = (0, false);
        _reader.Rewind(_log.Acknowledged);
        stopAtOnce.WaitHandle.WaitOne(_options.RetryAfter);
    }

    // Whatever a store throws, the records stay in the log and are tried again.
    private static bool IsOfTheStore(Exception problem) =>
        problem is not (OutOfMemoryException or OperationCanceledException or ObjectDisposedException);
}
