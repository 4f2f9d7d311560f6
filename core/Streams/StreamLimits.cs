namespace NetSniff.Streams;

/// <summary>Bounds of reassembly.</summary>
public sealed record StreamLimits
{
    /// <summary>Bytes of one direction kept because something before them is missing.</summary>
    public int PendingBytesMax { get; init; } = 512 * 1024;

    /// <summary>Segments of one direction kept because something before them is missing.</summary>
    public int PendingSegmentsMax { get; init; } = 1024;

    /// <summary>Bytes in all streams of a shard together, pending and held for parsers.</summary>
    public long BytesMax { get; init; } = 256L << 20;

    /// <summary>How long a hole may stay open once the other side has acknowledged what is in it: the capture lost it,
    /// or reordered it by at most this much.</summary>
    public long HolePatienceNanos { get; init; } = 50_000_000;

    /// <summary>How long a hole may stay open that nobody acknowledged (one-way captures).</summary>
    public long HoleAgeNanosMax { get; init; } = 5_000_000_000;
}

/// <summary>What reassembly counted in one shard. Plain fields: one thread writes, anybody may read.</summary>
public sealed class StreamCounters
{
    public long SegmentsInOrder;
    public long SegmentsOld;
    public long SegmentsPending;

    /// <summary>Old segments whose new part was used.</summary>
    public long Overlaps;

    /// <summary>Overlaps whose bytes differed from those already there. The first to come were kept.</summary>
    public long OverlapsConflicting;
    public long Gaps;
    public long GapBytes;

    /// <summary>Segments that found no room: pending bytes, segments or the pool were at their bound.</summary>
    public long PendingRefused;
}
