using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetSniff.Buffers;

/// <summary>Copies few bytes in two pieces that may overlap, where a call of the library's copy would cost more than
/// what it does: names, labels, header lines.</summary>
internal static class ShortCopy
{
    /// <summary>There must be <paramref name="length"/> bytes on both sides, which do not overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(ref byte from, ref byte to, int length)
    {
        if (length > 2 * Vector128<byte>.Count)
        {
            MemoryMarshal.CreateReadOnlySpan(ref from, length).CopyTo(MemoryMarshal.CreateSpan(ref to, length));
        }
        else if (length >= Vector128<byte>.Count)
        {
            CopyEnds<Vector128<byte>>(ref from, ref to, length - Vector128<byte>.Count);
        }
        else if (length >= sizeof(ulong))
        {
            CopyEnds<ulong>(ref from, ref to, length - sizeof(ulong));
        }
        else if (length >= sizeof(uint))
        {
            CopyEnds<uint>(ref from, ref to, length - sizeof(uint));
        }
        else if (length > 0)
        {
            var (first, middle, last) = (from, Unsafe.Add(ref from, length >> 1), Unsafe.Add(ref from, length - 1));
            to = first;
            Unsafe.Add(ref to, length >> 1) = middle;
            Unsafe.Add(ref to, length - 1) = last;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyEnds<T>(ref byte from, ref byte to, int last)
    {
        var first = Unsafe.ReadUnaligned<T>(ref from);
        var second = Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref from, last));
        Unsafe.WriteUnaligned(ref to, first);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, last), second);
    }
}
