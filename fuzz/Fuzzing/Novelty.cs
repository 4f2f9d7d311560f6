using System.Runtime;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>Tells whether an input did something that none before it did.</summary>
/// <remarks>Two signals, both free: methods of ours that were compiled during the run, which happens when they are
/// first reached (the build is unoptimised, so nothing is inlined, and tiering is off); and features that targets name,
/// such as the kind of a record with the set of its fields, or how a parser answered.</remarks>
internal sealed class Novelty
{
    private const int Bits = 18;

    private readonly bool[] _known = new bool[1 << Bits];
    private long _methodsBefore;

    public int Features { get; private set; }

    public long Methods { get; private set; }

    public bool IsNew { get; private set; }

    public void Begin()
    {
        IsNew = false;
        _methodsBefore = JitInfo.GetCompiledMethodCount(currentThread: true);
    }

    public void End()
    {
        var methods = JitInfo.GetCompiledMethodCount(currentThread: true) - _methodsBefore;
        if (methods <= 0) return;

        Methods += methods;
        IsNew = true;
    }

    public void Note(ulong feature)
    {
        // Fibonacci hashing: the upper bits of the product depend on all bits of the feature.
        var place = (int)((feature * 0x9E37_79B9_7F4A_7C15) >> (64 - Bits));
        if (_known[place]) return;

        _known[place] = true;
        Features++;
        IsNew = true;
    }

    public void Note(int first, int second, ulong third = 0) =>
        Note(((ulong)(uint)first << 48) ^ ((ulong)(uint)second << 32) ^ (third * 31));

    /// <summary>A size by its order: 0, 1, 2-3, 4-7 …</summary>
    public static int Order(long size) => size <= 0 ? 0 : System.Numerics.BitOperations.Log2((ulong)size) + 1;
}
