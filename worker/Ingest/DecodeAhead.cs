using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Ingest;

/// <summary>Reads the log on a thread of its own, unpacks and names what it finds, and keeps some of it ready: while
/// the store is busy with a commit the next one's batches are prepared.</summary>
/// <remarks>One reader of the log, in the log's order. After a failure of the store it is started again, behind what is
/// acknowledged; nothing that was ready is used.</remarks>
internal sealed class DecodeAhead : IDisposable
{
    /// <summary>Bytes of records kept ready: about what comes in during a commit.</summary>
    public const long BytesMax = 64 << 20;

    /// <summary>What an entry takes beside its records.</summary>
    private const int EntryBytes = 256;

    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(100);

    private readonly IngestLog _log;
    private readonly QueueReader _reader;
    private readonly StorePumpParts _parts;
    private readonly BatchDecoder _decoder = new();
    private readonly BatchUnpacker _unpacker = new();
    private readonly BlockingCollection<DecodedEntry> _ready = [];
    private readonly SemaphoreSlim _room = new(0);
    private CancellationTokenSource? _end;
    private Thread? _thread;
    private long _bytes;
    private volatile bool _isAtEnd;
    private volatile bool _hasEnded;
    private int _turned;

    public DecodeAhead(IngestLog log, StorePumpParts parts)
    {
        _log = log;
        _parts = parts;
        _reader = log.OpenReader();
    }

    /// <summary>Nothing is ready and the log has nothing more.</summary>
    public bool IsEmpty => _isAtEnd && _ready.Count == 0;

    /// <summary>It was told to stop and everything that the log has was given out.</summary>
    public bool HasEnded => _hasEnded && _ready.Count == 0;

    /// <summary>Times that an application's name found no room, so that its records have none.</summary>
    public long AppsRefused => _decoder.AppsRefused;

    /// <summary>Whether the thread went round since this was last asked.</summary>
    public bool HasTurned() => Interlocked.Exchange(ref _turned, 0) != 0;

    /// <summary>Begins, or begins again, behind what is acknowledged.</summary>
    /// <param name="stop">Ends it at the end of the log.</param>
    public void Start(CancellationToken stop)
    {
        Halt();
        _reader.Rewind(_log.Acknowledged);
        (_isAtEnd, _hasEnded) = (false, false);
        _end = new CancellationTokenSource();
        var end = _end.Token;
        _thread = new Thread(() => Run(stop, end)) { Name = "decode", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What is next, or null when nothing came in time. It is the caller's.</summary>
    public DecodedEntry? Next(TimeSpan wait)
    {
        if (!_ready.TryTake(out var entry, wait)) return null;

        Interlocked.Add(ref _bytes, -SizeOf(entry));
        if (_room.CurrentCount == 0) _room.Release();
        return entry;
    }

    public void Acknowledge(ulong through) => _reader.Acknowledge(through);

    /// <summary>Ends; what is ready is given up, and is read again.</summary>
    public void Halt()
    {
        _end?.Cancel();
        _thread?.Join();
        _thread = null;
        _end?.Dispose();
        _end = null;
        while (_ready.TryTake(out var entry)) entry.Dispose();
        _bytes = 0;
    }

    public void Dispose()
    {
        Halt();
        _reader.Dispose();
        _unpacker.Dispose();
        _ready.Dispose();
        _room.Dispose();
    }

    private void Run(CancellationToken stop, CancellationToken end)
    {
        var place = 0ul;
        try
        {
            while (!end.IsCancellationRequested)
            {
                Volatile.Write(ref _turned, 1);
                if (Interlocked.Read(ref _bytes) > BytesMax) _room.Wait(s_idle, end);
                else if (!TryStep(ref place) && !Rest(stop, end)) break;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Of the log, not of a batch: none is given up for it.
            var told = new IOException($"the log cannot be read: {failure.Message}", failure);
            _ready.Add(new DecodedEntry { Place = place, Failure = told }, CancellationToken.None);
        }

        _hasEnded = true;
    }

    private bool TryStep(ref ulong place)
    {
        // First this: who asks meanwhile must not take an entry that is being read for none.
        _isAtEnd = false;
        if (!_reader.TryRead(out var entry))
        {
            _isAtEnd = true;
            return false;
        }

        place = entry.Sequence;
        var decoded = DecodeOrTell(entry);
        Interlocked.Add(ref _bytes, SizeOf(decoded));
        _ready.Add(decoded, CancellationToken.None);
        return true;
    }

    /// <summary>The log has nothing now.</summary>
    /// <returns>False when that is the end.</returns>
    private bool Rest(CancellationToken stop, CancellationToken end)
    {
        if (stop.IsCancellationRequested) return false;

        using var either = CancellationTokenSource.CreateLinkedTokenSource(end, stop);
        try
        {
            _log.WaitAsync(s_idle, either.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }

        return true;
    }

    private DecodedEntry DecodeOrTell(QueueEntry entry)
    {
        try
        {
            return Decode(entry);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return new DecodedEntry
            {
                Place = entry.Sequence, Kind = (LogEntryKind)entry.Kind, RecordsTold = entry.Records,
                Failure = failure,
            };
        }
    }

    private static int SizeOf(DecodedEntry entry) => entry.Bytes + EntryBytes;

    private DecodedEntry Decode(QueueEntry entry)
    {
        var fields = new LogEntryReader(entry.Payload);
        var lane = fields.Lane();
        var kind = (LogEntryKind)entry.Kind;
        switch (kind)
        {
            case LogEntryKind.Batch:
                var sequence = fields.Varint();
                var compression = (Compression)fields.Byte();
                var unpackedBytes = (uint)fields.Varint();
                var trace = fields.Text(LogEntry.TraceParentBytesMax);
                var decoded = new DecodedEntry
                {
                    Place = entry.Sequence, Kind = kind, Lane = lane, Sequence = sequence, RecordsTold = entry.Records,
                    TraceParent = trace.IsEmpty ? "" : Encoding.UTF8.GetString(trace),
                };
                var isFine = !fields.IsBroken
                    && _unpacker.TryUnpack(fields.Rest(), compression, unpackedBytes, out var packed)
                    && _decoder.TryRead(packed);
                if (isFine) decoded.ColumnsUnknown = _decoder.ColumnsUnknown;
                if (isFine && _decoder.Count > 0) Prepare(decoded);
                return decoded;
            case LogEntryKind.Retraction:
                var sequences = new List<ulong>();
                for (var left = fields.Varint(); left > 0 && !fields.IsBroken; left--) sequences.Add(fields.Varint());
                return new DecodedEntry
                {
                    Place = entry.Sequence, Kind = kind, Lane = lane, Retracted = sequences, IsBroken = fields.IsBroken,
                };
            default:
                // Of a later version, which ran here before.
                return new DecodedEntry
                {
                    Place = entry.Sequence, Kind = kind, Lane = lane, RecordsTold = entry.Records,
                };
        }
    }

    private void Prepare(DecodedEntry entry)
    {
        var records = _decoder.Records;
        // The decoder's memory, ours until its next batch.
        var open = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(records), records.Length);
        foreach (var enricher in _parts.Enrichers) enricher.Enrich(open, _decoder.Count);
        entry.Take(records, _decoder.Count);
    }
}
