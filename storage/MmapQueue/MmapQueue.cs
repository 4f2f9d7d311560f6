namespace NetSniff.Storage.MmapQueue;

/// <summary>A queue in memory-mapped files: what was appended is there after the process is killed at any instruction,
/// until it is acknowledged.</summary>
/// <remarks>Any thread may append; one reader at a time reads and acknowledges. The lock is held for an entry's copy at
/// most, never for disk I/O but for the making of a file. Numbers start at 1, grow by one an entry and are never used
/// twice: after a restart of the machine, when entries that had been seen may have been lost with the power,
/// numbering goes on <see cref="SequenceJump"/> later.</remarks>
public sealed unsafe partial class MmapQueue : IDisposable
{
    /// <summary>More entries than are appended between two calls of <see cref="Sync"/>.</summary>
    public const ulong SequenceJump = 1 << 24;

    private readonly Lock _lock = new();
    private readonly List<QueueSegment> _segments;
    private readonly QueuePosition _position;
    private readonly FileStream _owner;
    private readonly SemaphoreSlim _appended = new(0, 1);

    /// <summary>Where the first entry that is not acknowledged lies in the first segment.</summary>
    private long _acknowledgedTo;
    private ulong _next;
    private long _recordsWaiting;
    private long _recordsAppended;
    private long _recordsRefused;
    private long _recordsUnreadable;
    private long _tornSegments;
    private QueueCounts _lastCounts;
    private bool _isDisposed;

    private MmapQueue(string folder, QueueOptions options, FileStream owner, QueuePosition position)
    {
        Folder = folder;
        Options = options;
        MayGrow = bytes => BytesOnDisk + bytes <= options.BytesMax;
        _owner = owner;
        _position = position;
        _segments = RecoverSegments(folder);
        StartNumbering();
        SettleAcknowledged();
    }

    public string Folder { get; }

    public QueueOptions Options { get; }

    /// <summary>Segments' bytes, whole files.</summary>
    public long BytesOnDisk { get; private set; }

    /// <summary>Why the last file that was wanted could not be made, other than that the disk was full; null when it
    /// could. Giving up what waits would not help.</summary>
    public string? Problem { get; private set; }

    /// <summary>Asked with the bytes of a further file. A spool asks for all its lanes.</summary>
    internal Func<long, bool> MayGrow { get; set; }

    /// <summary>Opens the folder, made if need be, with what earlier runs left there.</summary>
    /// <exception cref="IOException">Another process has it open, or there is no room for even the first page.
    /// </exception>
    public static MmapQueue Open(string folder, QueueOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, QueueOptions.SegmentBytesMin);
        OwnerFolder.Make(folder);
        var owner = FolderLock.Take(folder);
        try
        {
            var position = QueuePosition.TryOpen(folder)
                ?? throw new IOException($"no space left for the queue in {folder}", DiskSpace.NoSpace);
            return new MmapQueue(folder, options, owner, position);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <param name="records">How many records the payload holds: what the ledger counts.</param>
    /// <param name="timeNanos">When the oldest of them began to wait, nanoseconds since 1970 UTC.</param>
    /// <param name="kind">The appender's own word, given back with the entry.</param>
    /// <param name="sequence">The entry's number, or 0.</param>
    public AppendStatus TryAppend(
        ReadOnlySpan<byte> payload, int records, long timeNanos, uint kind, out ulong sequence)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var status = TryAppendLocked(payload, records, timeNanos, kind, out sequence);
            if (status != AppendStatus.Stored) return status;

            _recordsAppended += records;
            _recordsWaiting += records;
        }

        Wake();
        return AppendStatus.Stored;
    }

    /// <summary>Counts records that the owner gave up on after <see cref="AppendStatus.Full"/>.</summary>
    public void Refuse(int records)
    {
        lock (_lock) _recordsRefused += records;
    }

    /// <summary>Waits until something was appended since the last wait, or the time is over.</summary>
    public Task<bool> WaitAsync(TimeSpan wait, CancellationToken cancel) => _appended.WaitAsync(wait, cancel);

    /// <summary>Puts everything on disk that was not there yet. For a thread that may wait: a disk takes its time.</summary>
    public void Sync()
    {
        MappedFile[] held;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            held = [.. _segments.TakeLast(2).Select(segment => segment.File).Append(_position.File)
                .Where(file => file.TryHold())];
        }

        // Not under the lock: who appends does not wait for a disk.
        try
        {
            foreach (var file in held) file.Sync();
        }
        finally
        {
            foreach (var file in held) file.Release();
        }
    }

    /// <summary>As they are; once it is disposed, as they were then.</summary>
    public QueueCounts Counts()
    {
        lock (_lock) return _isDisposed ? _lastCounts : CountsNow();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            // Whoever scrapes may come later than the files are unmapped.
            _lastCounts = CountsNow();
            _isDisposed = true;
            foreach (var segment in _segments) segment.File.Release();
            _position.Dispose();
        }

        _appended.Dispose();
        _owner.Dispose();
    }

    private QueueCounts CountsNow()
    {
        var first = _segments.FirstOrDefault(segment => segment.Entries > 0);
        var oldest = first is null ? 0
            : first == _segments[0] && _acknowledgedTo > 0
                ? _acknowledgedTo < first.Used ? first.At(_acknowledgedTo)->TimeNanos : 0
                : first.FirstNanos;
        return new QueueCounts
        {
            Entries = _segments.Sum(segment => (long)Waiting(segment)),
            Records = _recordsWaiting,
            BytesOnDisk = BytesOnDisk,
            RecordsAppended = _recordsAppended,
            RecordsAcknowledged = _position.RecordsAcknowledged,
            RecordsDropped = _position.RecordsDropped,
            RecordsRefused = _recordsRefused,
            RecordsUnreadable = _recordsUnreadable,
            TornSegments = _tornSegments,
            OldestNanos = oldest,
        };
    }

    private ulong Waiting(QueueSegment segment) =>
        segment.NextSequence - Math.Min(segment.NextSequence, Math.Max(segment.FirstSequence, _position.Acknowledged + 1));

    private AppendStatus TryAppendLocked(
        ReadOnlySpan<byte> payload, int records, long timeNanos, uint kind, out ulong sequence)
    {
        sequence = 0;
        if (payload.Length > Options.PayloadBytesMax) return AppendStatus.TooLong;
        if (_segments is not [.., var last] || !last.HasRoom(payload.Length))
        {
            if (!MayGrow(Options.SegmentBytes)) return AppendStatus.Full;
            if (TryCreateSegment() is not { } made) return AppendStatus.Full;

            if (_segments is [.., var full]) full.IsSealed = true;
            _segments.Add(made);
            BytesOnDisk += made.File.Length;
            RemoveAcknowledged();
            last = made;
        }

        last.Append(payload, records, timeNanos, kind);
        sequence = _next++;
        return AppendStatus.Stored;
    }

    private QueueSegment? TryCreateSegment()
    {
        try
        {
            Problem = null;
            return QueueSegment.TryCreate(Folder, _next, Options.SegmentBytes);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Whoever captures goes on: this may pass, as when there are files enough again to open.
            Problem = problem.Message;
            return null;
        }
    }

    private void Wake()
    {
        try
        {
            if (_appended.CurrentCount == 0) _appended.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another appender was first: whoever waits is awake already.
        }
    }
}
