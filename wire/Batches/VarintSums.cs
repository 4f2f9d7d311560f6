using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Buffers;

namespace NetSniff.Wire.Batches;

/// <summary>How many bytes a column's numbers would be as varints, four at a time: what is written in the end is one
/// way of three, and all are measured.</summary>
internal static class VarintSums
{
    /// <summary>Small differences of either sign become small numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Zigzag(ulong difference) => (difference << 1) ^ (ulong)((long)difference >> 63);

    /// <summary>Bytes as they are, and as differences from the one before, and the bits that any of these but the
    /// first has.</summary>
    public static (long Plain, long Delta, ulong DeltaBits) Measure(ReadOnlySpan<ulong> values)
    {
        if (values.IsEmpty) return (0, 0, 0);

        var (plain, delta, bits) = (Vector256<ulong>.Zero, Vector256<ulong>.Zero, Vector256<ulong>.Zero);
        ref var start = ref MemoryMarshal.GetReference(values);
        var row = 1;
        for (; row <= values.Length - Vector256<ulong>.Count; row += Vector256<ulong>.Count)
        {
            var here = Vector256.LoadUnsafe(ref start, (nuint)row);
            plain += SizesLessOne(here);
            var difference = Zigzag(here - Vector256.LoadUnsafe(ref start, (nuint)row - 1));
            delta += SizesLessOne(difference);
            bits |= difference;
        }

        var deltaBits = BitsOf(bits);
        var plainSum = Varint.Size(values[0]) + row - 1 + (long)Vector256.Sum(plain);
        var deltaSum = Varint.Size(Zigzag(values[0])) + row - 1 + (long)Vector256.Sum(delta);
        for (; row < values.Length; row++)
        {
            plainSum += Varint.Size(values[row]);
            var difference = Zigzag(values[row] - values[row - 1]);
            deltaSum += Varint.Size(difference);
            deltaBits |= difference;
        }

        return (plainSum, deltaSum, deltaBits);
    }

    /// <summary>Bytes as differences from another column's, and the bits that any of these has.</summary>
    public static (long Sum, ulong Bits) MeasureBeside(ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> others)
    {
        var (sizes, all) = (Vector256<ulong>.Zero, Vector256<ulong>.Zero);
        ref var start = ref MemoryMarshal.GetReference(values);
        ref var other = ref MemoryMarshal.GetReference(others[..values.Length]);
        var row = 0;
        for (; row <= values.Length - Vector256<ulong>.Count; row += Vector256<ulong>.Count)
        {
            var here = Vector256.LoadUnsafe(ref start, (nuint)row);
            var difference = Zigzag(here - Vector256.LoadUnsafe(ref other, (nuint)row));
            sizes += SizesLessOne(difference);
            all |= difference;
        }

        var sum = row + (long)Vector256.Sum(sizes);
        var bits = BitsOf(all);
        for (; row < values.Length; row++)
        {
            var difference = Zigzag(values[row] - others[row]);
            sum += Varint.Size(difference);
            bits |= difference;
        }

        return (sum, bits);
    }

    /// <summary>One for each seven bits that are left once seven are gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> SizesLessOne(Vector256<ulong> values)
    {
        var sizes = Vector256<ulong>.Zero;
        for (var rest = values >>> 7; rest != Vector256<ulong>.Zero; rest >>>= 7)
        {
            sizes += Vector256<ulong>.One + Vector256.Equals(rest, Vector256<ulong>.Zero);
        }

        return sizes;
    }

    private static ulong BitsOf(Vector256<ulong> words) => words[0] | words[1] | words[2] | words[3];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Zigzag(Vector256<ulong> differences) =>
        (differences << 1) ^ Vector256.LessThan(differences.AsInt64(), Vector256<long>.Zero).AsUInt64();
}
