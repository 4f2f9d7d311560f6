using System.Numerics;

namespace NetSniff.Buffers;

/// <summary>Byte arrays by powers of two, for one thread, with a bound on what is lent out.</summary>
/// <remarks>Not <see cref="System.Buffers.ArrayPool{T}"/>: that one has no bound to count against, and its shared
/// buckets are visited by other threads.</remarks>
public sealed class BufferPool(long bytesMax)
{
    private const int SmallestBits = 9;
    private const int LargestBits = 21;

    /// <summary>Bytes kept for the next to ask; what comes back beyond is the collector's.</summary>
    public const long IdleBytesMax = 16 << 20;

    private readonly Stack<byte[]>[] _free = CreateFree();
    private long _bytesIdle;

    public long BytesMax { get; } = bytesMax;

    /// <summary>Bytes in buffers that somebody holds now.</summary>
    public long BytesLent { get; private set; }

    /// <summary>Times that a buffer was refused because <see cref="BytesMax"/> was reached.</summary>
    public long Refused { get; private set; }

    /// <summary>A buffer of at least <paramref name="size"/> bytes, or null at the bound.</summary>
    public byte[]? TryRent(int size)
    {
        var bits = Math.Max(SmallestBits, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(size, 1) - 1));
        if (bits > LargestBits || BytesLent + (1L << bits) > BytesMax)
        {
            Refused++;
            return null;
        }

        BytesLent += 1L << bits;
        if (!_free[bits - SmallestBits].TryPop(out var buffer)) return new byte[1 << bits];
        _bytesIdle -= buffer.Length;
        return buffer;
    }

    public void Return(byte[] buffer)
    {
        BytesLent -= buffer.Length;
        if (_bytesIdle + buffer.Length > IdleBytesMax) return;
        _bytesIdle += buffer.Length;
        _free[BitOperations.Log2((uint)buffer.Length) - SmallestBits].Push(buffer);
    }

    private static Stack<byte[]>[] CreateFree()
    {
        var free = new Stack<byte[]>[LargestBits - SmallestBits + 1];
        for (var index = 0; index < free.Length; index++) free[index] = new Stack<byte[]>();
        return free;
    }
}
