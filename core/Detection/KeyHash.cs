using System.Runtime.InteropServices;

namespace NetSniff.Detection;

/// <summary>What stands for a group, a value or a finding: 128 bits, so that two are never taken for one.</summary>
public readonly record struct GroupKey(ulong First, ulong Second);

/// <summary>Folds values into a key, one after the other. The same on every machine.</summary>
internal struct KeyHash()
{
    // Odd numbers without a pattern: the fractions of the square roots of 2, 3, 5 and 7.
    private const ulong Root2 = 0x6a09e667f3bcc909;
    private const ulong Root3 = 0xbb67ae8584caa73b;
    private const ulong Root5 = 0x3c6ef372fe94f82b;
    private const ulong Root7 = 0xa54ff53a5f1d36f1;

    private ulong _first = Root2;
    private ulong _second = Root3;

    public readonly GroupKey Key
    {
        get
        {
            var (first, second) = (Fold(_first, Root7 ^ _second), Fold(_second, Root5 ^ _first));
            return (first | second) == 0 ? new GroupKey(0, 1) : new GroupKey(first, second);
        }
    }

    public void Add(ulong word)
    {
        _first = Fold(_first ^ word, Root5) + Root7;
        _second = Fold(_second + word, Root7) ^ Root3;
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add((ulong)bytes.Length);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) Add(word);
        var rest = bytes[(words.Length * sizeof(ulong))..];
        if (rest.IsEmpty) return;

        var last = 0ul;
        for (var index = rest.Length - 1; index >= 0; index--) last = last << 8 | rest[index];
        Add(last);
    }

    public void Add(string text) => Add(MemoryMarshal.AsBytes(text.AsSpan()));

    /// <summary>All 128 bits of a product fold into 64.</summary>
    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
