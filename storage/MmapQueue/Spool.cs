namespace NetSniff.Storage.MmapQueue;

/// <summary>Queues by worker and priority under one bound: between a capture that does not wait and a network that may.
/// </summary>
/// <remarks>Lanes come with the first entry and go with the worker; those of an earlier run are found again. When the
/// bound or the disk is full, the oldest file of the biggest lane of the least important priority makes room, and its
/// records are counted as dropped; a lane never displaces one that is more important.</remarks>
public sealed partial class Spool : IDisposable
{
    private const string LanesName = "lanes";

    /// <summary>Files that moving entries may take beyond the bound: what is moved leaves another.</summary>
    private const int FilesMoving = 2;

    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly QueueOptions _options;
    private readonly FileStream _owner;
    private readonly SpoolState _state;
    private SpoolLane[] _lanes = [];
    private string? _laneProblem;
    private long _recordsUnreadableGone;
    private long _filesTornGone;
    private bool _isMoving;
    private bool _isDisposed;

    private Spool(string folder, QueueOptions options, string idPrefix, FileStream owner, SpoolState state)
    {
        _folder = folder;
        _options = options;
        _owner = owner;
        _state = state;
        Id = SpoolId.Of(folder, idPrefix);
        try
        {
            FinishRetire();
            FindLanes();
            FinishMove();
            // After it: numbers that are skipped count as acknowledged.
            foreach (var lane in _lanes) SkipTaken(lane.Queue);
        }
        catch
        {
            foreach (var lane in _lanes) lane.Queue.Dispose();
            throw;
        }
    }

    /// <summary>32 hex digits, made once with the folder.</summary>
    public string Id { get; }

    /// <summary>As they are now; lanes come and go.</summary>
    public IReadOnlyList<SpoolLane> Lanes => Volatile.Read(ref _lanes);

    public long BytesOnDisk => Lanes.Sum(static lane => lane.Queue.BytesOnDisk);

    /// <summary>Longest entry, bytes.</summary>
    public int PayloadBytesMax => _options.PayloadBytesMax;

    /// <exception cref="IOException">Another process has it open, or the disk has no room for even the first page.
    /// </exception>
    /// <param name="idPrefix">Hex digits that its id begins with: whose it is; empty for anybody's.</param>
    public static Spool Open(string folder, QueueOptions options, string idPrefix = "")
    {
        // One file is read while another is written, for two priorities at the least.
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BytesMax, 4 * options.SegmentBytes);
        OwnerFolder.Make(Path.Combine(folder, LanesName));
        var owner = FolderLock.Take(folder);
        SpoolState? state = null;
        try
        {
            state = SpoolState.TryOpen(folder) ?? throw new IOException($"no space left for the spool in {folder}");
            return new Spool(folder, options, idPrefix, owner, state);
        }
        catch
        {
            state?.Dispose();
            owner.Dispose();
            throw;
        }
    }

    /// <summary>The lane, made if need be.</summary>
    /// <exception cref="IOException">The disk has no room for its first page.</exception>
    public SpoolLane Lane(string worker, SpoolPriority priority)
    {
        lock (_lock)
        {
            return FindLane(worker, priority) ?? OpenLane(worker, priority);
        }
    }

    /// <summary>Appends, making room by the rule above. Only when even that is not enough are the records refused, and
    /// counted so.</summary>
    public AppendStatus Append(
        string worker,
        SpoolPriority priority,
        ReadOnlySpan<byte> payload,
        int records,
        long timeNanos,
        uint kind,
        out ulong sequence)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            sequence = 0;
            var lane = FindLane(worker, priority);
            while (true)
            {
                lane ??= TryOpenLane(worker, priority);
                var status = lane is null
                    ? AppendStatus.Full
                    : lane.Queue.TryAppend(payload, records, timeNanos, kind, out sequence);
                if (status == AppendStatus.Stored)
                {
                    Problem = null;
                    return status;
                }

                Problem = lane is null ? _laneProblem : lane.Queue.Problem;
                // Nothing is given up where that would make no room.
                if (status == AppendStatus.Full && Problem is null && TryMakeRoom(priority)) continue;

                RecordsRefused += records;
                return status;
            }
        }
    }

    /// <summary>Why the last entry could not be stored, other than for want of room; null when it could.</summary>
    public string? Problem { get; private set; }

    /// <summary>Records that never got in, this run.</summary>
    public long RecordsRefused { get; private set; }

    public void Sync()
    {
        foreach (var lane in Lanes)
        {
            try
            {
                lane.Queue.Sync();
            }
            catch (ObjectDisposedException)
            {
                // Its worker went while we were at it.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;

            _isDisposed = true;
            foreach (var lane in _lanes) lane.Queue.Dispose();
            _state.Dispose();
            _owner.Dispose();
        }
    }

    private void FindLanes()
    {
        foreach (var path in Directory.GetDirectories(Path.Combine(_folder, LanesName)).Order(StringComparer.Ordinal))
        {
            foreach (var priority in Enum.GetValues<SpoolPriority>())
            {
                if (Directory.Exists(Path.Combine(path, SpoolLane.Word(priority))))
                {
                    AddLane(Path.GetFileName(path), priority);
                }
            }
        }
    }

    private SpoolLane? FindLane(string worker, SpoolPriority priority)
    {
        foreach (var lane in _lanes)
        {
            if (lane.Priority == priority && lane.Worker == worker) return lane;
        }

        return null;
    }

    private SpoolLane? TryOpenLane(string worker, SpoolPriority priority)
    {
        try
        {
            _laneProblem = null;
            return OpenLane(worker, priority);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            if (problem is not IOException full || !DiskSpace.IsFull(full)) _laneProblem = problem.Message;
            return null;
        }
    }

    private SpoolLane OpenLane(string worker, SpoolPriority priority)
    {
        var lane = AddLane(worker, priority);
        SkipTaken(lane.Queue);
        return lane;
    }

    /// <summary>A lane of this name that is gone used numbers up to there.</summary>
    private void SkipTaken(MmapQueue queue)
    {
        if (queue.BytesOnDisk == 0) queue.SkipTo(_state.Floor);
    }

    private SpoolLane AddLane(string worker, SpoolPriority priority)
    {
        if (!SpoolLane.IsWorkerName(worker)) throw new ArgumentException($"no name for a worker: '{worker}'");

        var queue = MmapQueue.Open(FolderOf(worker, priority), _options);
        queue.MayGrow = bytes => BytesOnDisk + bytes
            <= _options.BytesMax + (_isMoving ? FilesMoving * _options.SegmentBytes : 0);
        var lane = new SpoolLane(worker, priority, queue);
        Volatile.Write(ref _lanes, [.. _lanes, lane]);
        return lane;
    }

    private string FolderOf(string worker, SpoolPriority priority) =>
        Path.Combine(_folder, LanesName, worker, SpoolLane.Word(priority));

    private bool TryMakeRoom(SpoolPriority priority)
    {
        // A file whose entries have all arrived costs nobody anything.
        foreach (var lane in _lanes)
        {
            if (lane.Queue.TryDropIdle()) return true;
        }

        for (var least = SpoolPriority.Samples; least >= priority; least--)
        {
            var biggest = _lanes.Where(lane => lane.Priority == least).MaxBy(static lane => lane.Queue.BytesOnDisk);
            if (biggest is not null && biggest.Queue.TryDropOldest()) return true;
            if (least == 0) break;
        }

        return false;
    }
}
