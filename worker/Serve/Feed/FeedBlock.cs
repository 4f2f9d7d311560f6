using System.Buffers;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve.Feed;

/// <summary>A copy of records that were just stored, on their way to followers.</summary>
internal sealed class FeedBlock(LaneId lane, ulong sequence, ReadOnlySpan<byte> records, int count)
{
    private readonly byte[] _bytes = Copy(records);

    public LaneId Lane { get; } = lane;

    public ulong Sequence { get; } = sequence;

    public int Length { get; } = records.Length;

    public int Count { get; } = count;

    public ReadOnlySpan<byte> Records => _bytes.AsSpan(0, Length);

    public void Return() => ArrayPool<byte>.Shared.Return(_bytes);

    private static byte[] Copy(ReadOnlySpan<byte> records)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(records.Length);
        records.CopyTo(bytes);
        return bytes;
    }
}
