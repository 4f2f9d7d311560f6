using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetSniff.Buffers;

/// <summary>Numbers of variable length: seven bits a byte, least significant first, the high bit set on all but the
/// last (as protobuf's varints).</summary>
public static class Varint
{
    /// <summary>Bytes of the longest: ten times seven bits.</summary>
    public const int SizeMax = 10;

    private const int BitsOfOneWord = 56;

    /// <summary>How bits are spread: 28 to each half, then 14 to each quarter, then 7 to each byte.</summary>
    private const ulong Low28 = 0x0fff_ffff, High28 = 0x00ff_ffff_f000_0000;
    private const ulong Low14 = 0x0000_3fff_0000_3fff, High14 = 0x0fff_c000_0fff_c000;
    private const ulong Low7 = 0x007f_007f_007f_007f, High7 = 0x3f80_3f80_3f80_3f80;

    /// <summary>A byte for each seven bits begun: nine sixty-fourths are close enough to a seventh up to 64 bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Size(ulong value) => (((64 - BitOperations.LeadingZeroCount(value | 1)) * 9) + 64) >> 6;

    /// <summary>Writes a number where there is room for <see cref="SizeMax"/> bytes.</summary>
    /// <remarks>The bits are spread and written as one word: byte by byte the processor would have to guess, for each
    /// number of a column, how long it is.</remarks>
    /// <returns>Its size.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(ref byte at, ulong value)
    {
        if (value >> BitsOfOneWord != 0) return WriteLong(ref at, value);

        var spread = (value & Low28) | (value & High28) << 4;
        spread = (spread & Low14) | (spread & High14) << 2;
        spread = (spread & Low7) | (spread & High7) << 1;
        return WriteSpread(ref at, spread);
    }

    /// <summary>Writes numbers one behind the other, where there is room for <see cref="SizeMax"/> bytes for each.
    /// </summary>
    /// <remarks>The bits of four are spread at once.</remarks>
    /// <returns>The bytes of all.</returns>
    [SkipLocalsInit]
    public static int Write(ref byte start, ReadOnlySpan<ulong> values)
    {
        Span<ulong> spreads = stackalloc ulong[Vector256<ulong>.Count];
        ref var at = ref start;
        var row = 0;
        for (; row <= values.Length - Vector256<ulong>.Count; row += Vector256<ulong>.Count)
        {
            var four = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)row);
            if (four >>> BitsOfOneWord != Vector256<ulong>.Zero)
            {
                for (var one = 0; one < Vector256<ulong>.Count; one++)
                {
                    at = ref Unsafe.Add(ref at, Write(ref at, values[row + one]));
                }

                continue;
            }

            four = (four & Vector256.Create(Low28)) | (four & Vector256.Create(High28)) << 4;
            four = (four & Vector256.Create(Low14)) | (four & Vector256.Create(High14)) << 2;
            four = (four & Vector256.Create(Low7)) | (four & Vector256.Create(High7)) << 1;
            four.CopyTo(spreads);
            at = ref Unsafe.Add(ref at, WriteSpread(ref at, spreads[0]));
            at = ref Unsafe.Add(ref at, WriteSpread(ref at, spreads[1]));
            at = ref Unsafe.Add(ref at, WriteSpread(ref at, spreads[2]));
            at = ref Unsafe.Add(ref at, WriteSpread(ref at, spreads[3]));
        }

        for (; row < values.Length; row++) at = ref Unsafe.Add(ref at, Write(ref at, values[row]));
        return (int)Unsafe.ByteOffset(ref start, ref at);
    }

    /// <param name="spread">Seven bits in each byte.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteSpread(ref byte at, ulong spread)
    {
        // Bits above the last byte that is not 0: all before it say that another follows.
        var unused = BitOperations.LeadingZeroCount(spread | 1) & ~7;
        var isFollowed = 0x0080_8080_8080_8080ul >> unused;
        BinaryPrimitives.WriteUInt64LittleEndian(
            MemoryMarshal.CreateSpan(ref at, sizeof(ulong)), spread | isFollowed);
        return sizeof(ulong) - (unused >> 3);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int WriteLong(ref byte at, ulong value)
    {
        var size = 0;
        for (; value >= 0x80; value >>= 7) Unsafe.Add(ref at, size++) = (byte)(value | 0x80);
        Unsafe.Add(ref at, size++) = (byte)value;
        return size;
    }
}
