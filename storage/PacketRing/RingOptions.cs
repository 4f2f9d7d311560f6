namespace NetSniff.Storage.PacketRing;

/// <summary>Bounds of a packet ring.</summary>
public sealed record RingOptions
{
    public const int SegmentBytesMin = 1 << 20;

    /// <summary>Bytes on disk; the oldest file makes room.</summary>
    public long BytesMax { get; init; } = 1L << 30;

    /// <summary>Older packets are not given out, and their files deleted.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of one file.</summary>
    public int SegmentBytes { get; init; } = 32 << 20;

    /// <summary>Bytes kept of a frame.</summary>
    public int SnapLengthMax { get; init; } = 65_535 + 64;
}

/// <summary>What a ring counted in this run.</summary>
public readonly record struct RingCounts(
    long Packets, long Bytes, long PacketsCut, long PacketsRefused, long PacketsOverwritten, long BytesOnDisk,
    long OldestNanos);

/// <summary>Which packets.</summary>
public sealed record RingQuery
{
    /// <summary>Nanoseconds since 1970 UTC, both ends included.</summary>
    public long FromNanos { get; init; } = long.MinValue;

    public long ToNanos { get; init; } = long.MaxValue;

    /// <summary>Only packets of these flows, by <see cref="Packets.FlowHash"/>; empty for all.</summary>
    public IReadOnlySet<ulong> Flows { get; init; } = new HashSet<ulong>();

    /// <summary>Asked last, with the frame.</summary>
    public Func<Packets.Frame, bool>? Filter { get; init; }

    /// <summary>Ends after so many packets.</summary>
    public long PacketsMax { get; init; } = long.MaxValue;
}
