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

    /// <summary>Bytes as they are.</summary>
    /// <param name="anyBits">Bits that any of them has.</param>
    /// <param name="allBits">Bits that all of them have.</param>
    private static long MeasurePlain(ReadOnlySpan<ulong> values, ulong anyBits, ulong allBits)
    {
        // Times and the like: the smallest is as long as the longest.
        if (Varint.Size(anyBits) == Varint.Size(allBits)) return (long)values.Length * Varint.Size(anyBits);

        var sizes = Vector256<ulong>.Zero;
        ref var start = ref MemoryMarshal.GetReference(values);
        var row = 0;
        for (; row <= values.Length - Vector256<ulong>.Count; row += Vector256<ulong>.Count)
        {
            sizes += SizesLessOne(Vector256.LoadUnsafe(ref start, (nuint)row));
        }

        var sum = row + (long)Vector256.Sum(sizes);
        for (; row < values.Length; row++) sum += Varint.Size(values[row]);
        return sum;
    }

    /// <summary>Bytes as they are, and as differences from the one before, and the bits that any of these but the
    /// first has.</summary>
    /// <param name="anyBits">Bits that any of the numbers has.</param>
    public static (long Plain, long Delta, ulong DeltaBits) Measure(ReadOnlySpan<ulong> values, ulong anyBits)
    {
        if (values.IsEmpty) return (0, 0, 0);

        var (all, delta, bits) = (Vector256<ulong>.AllBitsSet, Vector256<ulong>.Zero, Vector256<ulong>.Zero);
        ref var start = ref MemoryMarshal.GetReference(values);
        var row = 1;
        for (; row <= values.Length - Vector256<ulong>.Count; row += Vector256<ulong>.Count)
        {
            var here = Vector256.LoadUnsafe(ref start, (nuint)row);
            all &= here;
            var difference = Zigzag(here - Vector256.LoadUnsafe(ref start, (nuint)row - 1));
            delta += SizesLessOne(difference);
            bits |= difference;
        }

        var deltaBits = BitsOf(bits);
        var allBits = values[0] & all[0] & all[1] & all[2] & all[3];
        var deltaSum = Varint.Size(Zigzag(values[0])) + row - 1 + (long)Vector256.Sum(delta);
        for (; row < values.Length; row++)
        {
            allBits &= values[row];
            var difference = Zigzag(values[row] - values[row - 1]);
            deltaSum += Varint.Size(difference);
            deltaBits |= difference;
        }

        return (MeasurePlain(values, anyBits, allBits), deltaSum, deltaBits);
    }

    /// <summary>What is to be written: differences from the one before, in small numbers.</summary>
    /// <param name="values">One more than there are <paramref name="differences"/>.</param>
    public static void Deltas(ReadOnlySpan<ulong> values, Span<ulong> differences) =>
        DeltasBeside(values[1..], values, differences);

    /// <summary>The same from another column's.</summary>
    public static void DeltasBeside(
        ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> others, Span<ulong> differences)
    {
        ref var start = ref MemoryMarshal.GetReference(values[..differences.Length]);
        ref var other = ref MemoryMarshal.GetReference(others[..differences.Length]);
        var row = 0;
        for (; row <= differences.Length - Vector256<ulong>.Count; row += Vector256<ulong>.Count)
        {
            var here = Vector256.LoadUnsafe(ref start, (nuint)row);
            Zigzag(here - Vector256.LoadUnsafe(ref other, (nuint)row)).CopyTo(differences[row..]);
        }

        for (; row < differences.Length; row++) differences[row] = Zigzag(values[row] - others[row]);
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
