using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Buffers;

/// <summary>Numbers of variable length: seven bits a byte, least significant first, the high bit set on all but the
/// last (as protobuf's varints).</summary>
public static class Varint
{
    /// <summary>Bytes of the longest: ten times seven bits.</summary>
    public const int SizeMax = 10;

    private const int BitsOfOneWord = 56;

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

        // 28 bits in each half, then 14 in each quarter, then 7 in each byte.
        var spread = (value & 0x0fff_ffff) | (value & 0x00ff_ffff_f000_0000) << 4;
        spread = (spread & 0x0000_3fff_0000_3fff) | (spread & 0x0fff_c000_0fff_c000) << 2;
        spread = (spread & 0x007f_007f_007f_007f) | (spread & 0x3f80_3f80_3f80_3f80) << 1;
        var size = Size(value);
        var isFollowed = 0x8080_8080_8080_8080 & ((1ul << (8 * (size - 1))) - 1);
        BinaryPrimitives.WriteUInt64LittleEndian(
            MemoryMarshal.CreateSpan(ref at, sizeof(ulong)), spread | isFollowed);
        return size;
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
