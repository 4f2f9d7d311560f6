using NetSniff.Buffers;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>The worker's log: what was acknowledged and is not yet stored, in mapped files that survive a kill.
/// </summary>
public sealed class IngestLog : IIngestLog, IDisposable
{
    private readonly MmapQueue _queue;
    private readonly ByteWriter _entry = new(1 << 16);
    private readonly Lock _lock = new();

    private IngestLog(MmapQueue queue) => _queue = queue;

    public long BytesWaiting
    {
        get
        {
            var bytes = _queue.BytesOnDisk;
            return bytes <= _queue.Options.SegmentBytes ? 0 : bytes - _queue.Options.SegmentBytes;
        }
    }

    public QueueCounts Counts => _queue.Counts();

    /// <summary>Entries up to this number are stored.</summary>
    public ulong Acknowledged => _queue.Acknowledged;

    /// <exception cref="IOException">Another process has it open, or there is no room for even the first page.
    /// </exception>
    public static IngestLog Open(string folder, QueueOptions options) => new(MmapQueue.Open(folder, options));

    public bool TryAppend(LaneId lane, Batch batch)
    {
        lock (_lock)
        {
            _entry.Clear();
            LogEntry.Write(_entry, lane, batch);
            return TryAppend((int)batch.Records, batch.FirstNanos, LogEntryKind.Batch);
        }
    }

    public bool TryAppend(LaneId lane, IReadOnlyList<ulong> retracted)
    {
        lock (_lock)
        {
            _entry.Clear();
            LogEntry.Write(_entry, lane, retracted);
            return TryAppend(0, 0, LogEntryKind.Retraction);
        }
    }

    /// <summary>Whether an entry of so many bytes can ever be appended.</summary>
    public bool Fits(int payloadBytes) =>
        payloadBytes <= _queue.Options.PayloadBytesMax - LogEntry.LaneBytesMax - 128;

    /// <summary>Starts at what is not yet stored. One reader at a time.</summary>
    public QueueReader OpenReader() => _queue.OpenReader();

    public Task<bool> WaitAsync(TimeSpan wait, CancellationToken cancel) => _queue.WaitAsync(wait, cancel);

    /// <summary>The last batch of each lane that waits in the log.</summary>
    public Dictionary<LaneId, ulong> Positions()
    {
        var positions = new Dictionary<LaneId, ulong>();
        using var reader = _queue.OpenReader();
        while (reader.TryRead(out var entry))
        {
            if (entry.Kind != (uint)LogEntryKind.Batch) continue;

            var fields = new LogEntryReader(entry.Payload);
            var lane = fields.Lane();
            var sequence = fields.Varint();
            if (!fields.IsBroken) positions[lane] = Math.Max(sequence, positions.GetValueOrDefault(lane));
        }

        return positions;
    }

    /// <summary>Puts everything on disk.</summary>
    public void Sync() => _queue.Sync();

    public void Dispose() => _queue.Dispose();

    private bool TryAppend(int records, long timeNanos, LogEntryKind kind) =>
        _queue.TryAppend(_entry.Written, records, timeNanos, (uint)kind, out _) == AppendStatus.Stored;
}
