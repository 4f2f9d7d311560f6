using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetSniff.Protocols.Dns;

/// <summary>Writes names that read as they are, all at once: labels of printable ASCII without a dot or a backslash,
/// one behind the other to the root. Nearly all names are.</summary>
/// <remarks>
/// The lengths stand where text has its dots, and below every letter. So a walk over the lengths says where they
/// are, and the whole name is then looked at and written in two or three vectors:
/// <code>
/// wire     3 w w w 7 e x a m p l e 3 c o m 0
/// text       w w w . e x a m p l e . c o m
/// lengths          ^               ^             what the walk has found
/// controls         ^               ^             what is no letter: must be the same
/// </code>
/// </remarks>
internal static class PlainName
{
    /// <summary>Most bytes of text: the places of the lengths are bits of one word.</summary>
    public const int TextBytesMax = 64;

    /// <param name="position">Where the name begins.</param>
    /// <param name="target">Room of at least <see cref="TextBytesMax"/> bytes; scratch where the name is not plain.
    /// </param>
    /// <param name="size">Bytes of text.</param>
    /// <returns>The position behind the name, or -1 for one that is not plain, has more text or is the root.</returns>
    public static int TryWrite(ReadOnlySpan<byte> message, int position, Span<byte> target, out int size)
    {
        Debug.Assert(position >= 0);
        size = 0;
        if (target.Length < TextBytesMax) return -1;

        var behind = Walk(message, position, out var lengths);
        var length = behind - position - 2;
        if (length <= 0) return -1;

        // Shorter than a vector, it needs bytes behind it that may be looked at.
        if (length < Vector128<byte>.Count && position + 1 + Vector128<byte>.Count > message.Length) return -1;

        ref var from = ref Unsafe.Add(ref MemoryMarshal.GetReference(message), position + 1);
        var isPlain = TryWrite(ref from, ref MemoryMarshal.GetReference(target), length, lengths);
        size = length;
        return isPlain ? behind : -1;
    }

    /// <param name="lengths">A bit for each byte of the text that is a length, on the wire.</param>
    /// <returns>The position behind the name, or -1 for one that goes on elsewhere or has more text.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Walk(ReadOnlySpan<byte> message, int position, out ulong lengths)
    {
        // A length at the last two places would be of a label that ends beyond them.
        var end = Math.Min(message.Length, position + TextBytesMax + 2);
        ref var bytes = ref MemoryMarshal.GetReference(message);
        var at = position;
        var places = 0ul;
        while (at < end)
        {
            uint length = Unsafe.Add(ref bytes, at);
            if (length - 1 >= DnsName.LabelBytesMax)
            {
                // The first is the one before the text.
                lengths = places >> 1;
                return length == 0 ? at + 1 : -1;
            }

            places |= 1ul << (at - position);
            at += (int)length + 1;
        }

        lengths = 0;
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryWrite(ref byte from, ref byte to, int length, ulong lengths)
    {
        var last = Math.Max(length - Vector128<byte>.Count, 0);
        var controls = 0ul;
        var odd = 0ul;
        for (var offset = 0; ; offset = Math.Min(offset + Vector128<byte>.Count, last))
        {
            var letters = Vector128.LoadUnsafe(ref from, (nuint)offset);
            // As signed numbers what is beyond ASCII lies below zero, and so below the space.
            var isControl = Vector128.LessThan(letters.AsSByte(), Vector128.Create((sbyte)0x20)).AsByte();
            var isOdd = Vector128.Equals(letters, Vector128.Create((byte)0x7f))
                | Vector128.Equals(letters, Vector128.Create((byte)'.'))
                | Vector128.Equals(letters, Vector128.Create((byte)'\\'));
            Vector128.ConditionalSelect(isControl, Vector128.Create((byte)'.'), letters)
                .StoreUnsafe(ref to, (nuint)offset);
            controls |= (ulong)isControl.ExtractMostSignificantBits() << offset;
            odd |= (ulong)isOdd.ExtractMostSignificantBits() << offset;
            if (offset == last) break;
        }

        var ours = ulong.MaxValue >> (TextBytesMax - length);
        return ((controls ^ lengths | odd) & ours) == 0;
    }
}
