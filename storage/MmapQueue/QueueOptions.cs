namespace NetSniff.Storage.MmapQueue;

/// <summary>Bounds of a queue.</summary>
public sealed record QueueOptions
{
    public const long SegmentBytesMin = 64 * 1024;

    /// <summary>Bytes of one file. A payload must fit into one.</summary>
    public long SegmentBytes { get; init; } = 16 << 20;

    /// <summary>Bytes on disk in all. A queue in a <see cref="Spool"/> shares the spool's bound instead.</summary>
    public long BytesMax { get; init; } = 1L << 30;

    /// <summary>Longest payload, bytes.</summary>
    public int PayloadBytesMax => (int)Math.Min(SegmentBytes - EntryHeader.Size - 8, int.MaxValue / 2);
}

public enum AppendStatus : byte
{
    /// <summary>It is in the queue and survives the end of the process.</summary>
    Stored,

    /// <summary>The disk, or the bound, is full.</summary>
    Full,

    /// <summary>Longer than <see cref="QueueOptions.PayloadBytesMax"/>.</summary>
    TooLong,
}

/// <summary>What a queue counted, over all runs on its folder where it says so.</summary>
public readonly record struct QueueCounts
{
    /// <summary>Entries that wait for their acknowledgement.</summary>
    public long Entries { get; init; }

    /// <summary>Records in them.</summary>
    public long Records { get; init; }

    public long BytesOnDisk { get; init; }

    /// <summary>Records stored by this run.</summary>
    public long RecordsAppended { get; init; }

    /// <summary>Records acknowledged, over all runs.</summary>
    public long RecordsAcknowledged { get; init; }

    /// <summary>Records given up to make room, over all runs.</summary>
    public long RecordsDropped { get; init; }

    /// <summary>Records that never got in, this run.</summary>
    public long RecordsRefused { get; init; }

    /// <summary>Records in entries that their reader could make nothing of, this run.</summary>
    public long RecordsUnreadable { get; init; }

    /// <summary>Files whose end was cut off because a run ended, or the power failed, in the middle of an
    /// entry.</summary>
    public long TornSegments { get; init; }

    /// <summary>Time of the oldest waiting entry, nanoseconds since 1970 UTC; 0 when there is none.</summary>
    public long OldestNanos { get; init; }
}
