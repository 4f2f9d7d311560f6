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
/// <param name="PacketsCut">Longer than <see cref="RingOptions.SnapLengthMax"/>.</param>
/// <param name="PacketsRefused">The disk was full, and there was nothing older to make room.</param>
/// <param name="PacketsOverwritten">Made room for newer ones.</param>
/// <param name="PacketsAged">Were too old.</param>
/// <param name="OldestNanos">Nanoseconds since 1970 UTC; 0 where there is nothing.</param>
public readonly record struct RingCounts(
    long Packets, long Bytes, long PacketsCut, long PacketsRefused, long PacketsOverwritten, long PacketsAged,
    long BytesOnDisk, long OldestNanos);

/// <summary>A place between two packets of a ring; comparable.</summary>
/// <param name="Block">Number of the block, from 1 on.</param>
/// <param name="Offset">Bytes into it.</param>
public readonly record struct RingPosition(ulong Block, int Offset)
{
    public static RingPosition End { get; } = new(ulong.MaxValue, 0);
}

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

    /// <summary>Only what was appended behind this place: where another cursor ended, to go on from there.</summary>
    public RingPosition After { get; init; }

    /// <summary>Only what was appended before this place.</summary>
    public RingPosition Before { get; init; } = RingPosition.End;

    /// <summary>Ends after so many packets.</summary>
    public long PacketsMax { get; init; } = long.MaxValue;
}
