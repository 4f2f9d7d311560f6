using System.Diagnostics;
using System.Numerics;

namespace NetSniff.Protocols.Http2;

/// <summary>Memory of open streams, shared by the connections of a thread: an idle connection holds none.</summary>
/// <remarks>The runtime's array pool keeps a few dozen arrays per size and lets the others go, which a node with
/// thousands of open calls would feel as garbage. This one keeps as many as its bounds say.</remarks>
internal sealed class Http2Pool
{
    /// <summary>What a stream keeps while it is pooled, per direction.</summary>
    public const int SmallBytes = 1024;

    public const int BlockBytesMax = 64 * 1024;
    private const int StreamsKeptMax = 1024;

    [ThreadStatic]
    private static Http2Pool? t_current;

    /// <summary>1, 4, 16 and 64 KiB.</summary>
    private readonly Stack<byte[]>[] _blocks = [new(), new(), new(), new()];
    private readonly Stack<Http2Stream> _streams = new();

    public static Http2Pool Current => t_current ??= new Http2Pool();

    private static ReadOnlySpan<int> BlocksKeptMax => [1024, 256, 64, 16];

    public Http2Stream RentStream() => _streams.TryPop(out var stream) ? stream : new Http2Stream();

    public void Return(Http2Stream stream)
    {
        stream.Clear();
        if (_streams.Count < StreamsKeptMax) _streams.Push(stream);
    }

    /// <param name="bytes">At most <see cref="BlockBytesMax"/>.</param>
    public byte[] Rent(int bytes)
    {
        Debug.Assert(bytes <= BlockBytesMax);
        var rank = RankOf(bytes);
        return _blocks[rank].TryPop(out var block) ? block : new byte[SmallBytes << 2 * rank];
    }

    public void Return(byte[] block)
    {
        if (block.Length == 0) return;

        var rank = RankOf(block.Length);
        if (_blocks[rank].Count < BlocksKeptMax[rank]) _blocks[rank].Push(block);
    }

    private static int RankOf(int bytes) => (BitOperations.Log2((uint)Math.Max(bytes - 1, SmallBytes - 1)) - 8) / 2;
}
