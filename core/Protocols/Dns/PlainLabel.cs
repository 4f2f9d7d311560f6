using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetSniff.Protocols.Dns;

/// <summary>Copies labels that read as they are: printable ASCII without a dot or a backslash, which nearly all are.
/// </summary>
/// <remarks>They are short: looked at and copied in two pieces that may overlap, a label costs less than the two calls
/// that a search and a copy are.</remarks>
internal static class PlainLabel
{
    /// <param name="target">At least as long as the label; scratch where it is not plain.</param>
    /// <returns>Whether it was plain.</returns>
    public static bool TryCopy(ReadOnlySpan<byte> label, Span<byte> target)
    {
        var length = label.Length;
        ref var from = ref MemoryMarshal.GetReference(label);
        ref var to = ref MemoryMarshal.GetReference(target[..length]);
        switch (length)
        {
            case < sizeof(uint):
                return TryCopyShort(label, target);
            case < sizeof(ulong):
            {
                var (first, last) = (Read<uint>(ref from, 0), Read<uint>(ref from, length - sizeof(uint)));
                Unsafe.WriteUnaligned(ref to, first);
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, length - sizeof(uint)), last);
                var both = first | (ulong)last << 32;
                return IsPlain(Vector128.Create(both).AsByte());
            }

            case <= 2 * sizeof(ulong):
            {
                var (first, last) = (Read<ulong>(ref from, 0), Read<ulong>(ref from, length - sizeof(ulong)));
                Unsafe.WriteUnaligned(ref to, first);
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, length - sizeof(ulong)), last);
                return IsPlain(Vector128.Create(first, last).AsByte());
            }

            default:
                return TryCopyLong(ref from, ref to, length);
        }
    }

    private static bool TryCopyShort(ReadOnlySpan<byte> label, Span<byte> target)
    {
        for (var at = 0; at < label.Length; at++)
        {
            var letter = label[at];
            if (letter is < 0x20 or > 0x7e or (byte)'.' or (byte)'\\') return false;
            target[at] = letter;
        }

        return true;
    }

    private static bool TryCopyLong(ref byte from, ref byte to, int length)
    {
        var last = length - Vector128<byte>.Count;
        for (var at = 0; ; at = Math.Min(at + Vector128<byte>.Count, last))
        {
            var letters = Vector128.LoadUnsafe(ref from, (nuint)at);
            if (!IsPlain(letters)) return false;

            letters.StoreUnsafe(ref to, (nuint)at);
            if (at == last) return true;
        }
    }

    /// <summary>As signed numbers what is beyond ASCII lies below zero, and so below the space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(Vector128<byte> letters)
    {
        var odd = Vector128.LessThan(letters.AsSByte(), Vector128.Create((sbyte)0x20)).AsByte()
            | Vector128.Equals(letters, Vector128.Create((byte)0x7f))
            | Vector128.Equals(letters, Vector128.Create((byte)'.'))
            | Vector128.Equals(letters, Vector128.Create((byte)'\\'));
        return odd == Vector128<byte>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Read<T>(ref byte start, int at) => Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref start, at));
}
