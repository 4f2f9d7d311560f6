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

    /// <summary>Bytes as they are, and as differences from the one before.</summary>
    public static (long Plain, long Delta) Measure(ReadOnlySpan<ulong> values)
    {
        if (values.IsEmpty) return (0, 0);

        var (plain, delta) = (Vector256<ulong>.Zero, Vector256<ulong>.Zero);
        ref var start = ref MemoryMarshal.GetReference(values);
        var row = 1;
        for (; row <= values.Length - Vector256<ulong>.Count; row += Vector256<ulong>.Count)
        {
            var here = Vector256.LoadUnsafe(ref start, (nuint)row);
            plain += SizesLessOne(here);
            delta += SizesLessOne(Zigzag(here - Vector256.LoadUnsafe(ref start, (nuint)row - 1)));
        }

        var plainSum = Varint.Size(values[0]) + row - 1 + (long)Vector256.Sum(plain);
        var deltaSum = Varint.Size(Zigzag(values[0])) + row - 1 + (long)Vector256.Sum(delta);
        for (; row < values.Length; row++)
        {
            plainSum += Varint.Size(values[row]);
            deltaSum += Varint.Size(Zigzag(values[row] - values[row - 1]));
        }

        return (plainSum, deltaSum);
    }

    /// <summary>Bytes as differences from another column's.</summary>
    public static long MeasureBeside(ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> others)
    {
        var sizes = Vector256<ulong>.Zero;
        ref var start = ref MemoryMarshal.GetReference(values);
        ref var other = ref MemoryMarshal.GetReference(others[..values.Length]);
        var row = 0;
        for (; row <= values.Length - Vector256<ulong>.Count; row += Vector256<ulong>.Count)
        {
            var here = Vector256.LoadUnsafe(ref start, (nuint)row);
            sizes += SizesLessOne(Zigzag(here - Vector256.LoadUnsafe(ref other, (nuint)row)));
        }

        var sum = row + (long)Vector256.Sum(sizes);
        for (; row < values.Length; row++) sum += Varint.Size(Zigzag(values[row] - others[row]));
        return sum;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Zigzag(Vector256<ulong> differences) =>
        (differences << 1) ^ Vector256.LessThan(differences.AsInt64(), Vector256<long>.Zero).AsUInt64();
}
