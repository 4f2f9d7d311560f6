using System.Numerics;

namespace NetSniff.Streams;

/// <summary>A segment that came before its turn, copied.</summary>
internal readonly record struct Waiting(uint Sequence, int Length, byte[] Buffer, long Nanos)
{
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);
}

/// <summary>Lists of waiting segments, shared by the streams of a thread: holes are rare, and which stream has the next
/// one is chance.</summary>
internal sealed class WaitingPool
{
    public const int SmallestBits = 2;
    private const int Sizes = 16;
    private const int KeptMax = 1024;

    [ThreadStatic]
    private static WaitingPool? t_current;

    private readonly Stack<Waiting[]>[] _free = [.. Enumerable.Range(0, Sizes).Select(_ => new Stack<Waiting[]>())];

    public static WaitingPool Current => t_current ??= new WaitingPool();

    /// <param name="length">A power of two.</param>
    public Waiting[] Rent(int length) =>
        _free[RankOf(length)].TryPop(out var list) ? list : new Waiting[length];

    /// <summary>Takes back a list that holds nothing any more.</summary>
    public void Return(Waiting[] list)
    {
        var free = _free[RankOf(list.Length)];
        if (free.Count < KeptMax) free.Push(list);
    }

    private static int RankOf(int length) => BitOperations.Log2((uint)length) - SmallestBits;
}
