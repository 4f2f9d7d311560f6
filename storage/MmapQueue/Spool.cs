namespace NetSniff.Storage.MmapQueue;

/// <summary>What is given up last comes first.</summary>
public enum SpoolPriority : byte { Findings, Transactions, Flows, Samples }

/// <summary>Queues by priority under one bound: between a capture that does not wait and a network that may.</summary>
/// <remarks>When the bound or the disk is full, the oldest file of the least important lane that has one makes room,
/// and its records are counted as dropped; a lane never displaces one that is more important.</remarks>
public sealed class Spool : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MmapQueue[] _lanes;
    private readonly QueueOptions _options;

    private Spool(string folder, QueueOptions options)
    {
        _options = options;
        _lanes = new MmapQueue[Enum.GetValues<SpoolPriority>().Length];
        try
        {
            foreach (var priority in Enum.GetValues<SpoolPriority>())
            {
                var name = Enum.GetName(priority)!.ToLowerInvariant();
                var lane = MmapQueue.Open(Path.Combine(folder, name), options);
                lane.MayGrow = bytes => BytesOnDisk + bytes <= _options.BytesMax;
                _lanes[(int)priority] = lane;
            }
        }
        catch
        {
            foreach (var lane in _lanes) lane?.Dispose();
            throw;
        }
    }

    public MmapQueue this[SpoolPriority priority] => _lanes[(int)priority];

    public long BytesOnDisk => _lanes.Sum(static lane => lane.BytesOnDisk);

    /// <exception cref="IOException">Another process has it open, or the disk has no room for even the first page.
    /// </exception>
    public static Spool Open(string folder, QueueOptions options)
    {
        // Every lane may need a file of its own, and one lane a second while the first is being read.
        var lanes = Enum.GetValues<SpoolPriority>().Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BytesMax, (lanes + 1) * options.SegmentBytes);
        return new Spool(folder, options);
    }

    /// <summary>Appends, making room by the rule above. Only when even that is not enough are the records refused, and
    /// counted so.</summary>
    public AppendStatus Append(
        SpoolPriority priority, ReadOnlySpan<byte> payload, int records, long timeNanos, uint kind, out ulong sequence)
    {
        lock (_lock)
        {
            var lane = _lanes[(int)priority];
            while (true)
            {
                var status = lane.TryAppend(payload, records, timeNanos, kind, out sequence);
                if (status == AppendStatus.Stored) return status;
                if (status == AppendStatus.Full && TryMakeRoom(priority)) continue;

                lane.Refuse(records);
                return status;
            }
        }
    }

    public void Sync()
    {
        foreach (var lane in _lanes) lane.Sync();
    }

    public void Dispose()
    {
        foreach (var lane in _lanes) lane.Dispose();
    }

    private bool TryMakeRoom(SpoolPriority priority)
    {
        for (var lane = _lanes.Length - 1; lane >= (int)priority; lane--)
        {
            if (_lanes[lane].TryDropOldest()) return true;
        }

        return false;
    }
}
