namespace NetSniff.Worker.Store;

/// <summary>Records of one batch on their way into a store. Borrowed for the length of the call.</summary>
/// <remarks>Records carry the peers of both ends and where they were seen as numbers in their headers.</remarks>
public readonly ref struct StoreBatch
{
    public required LaneId Lane { get; init; }

    public required ulong Sequence { get; init; }

    /// <summary>Whole records, one after the other, as a <see cref="Records.RecordConsumer"/> takes them.</summary>
    public required ReadOnlySpan<byte> Records { get; init; }

    public required int Count { get; init; }
}
