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
        size = 0;
        if (target.Length < TextBytesMax) return -1;

        // A length at the last places of the word would not end within the room, and so never counts.
        var end = Math.Min(message.Length, position + TextBytesMax + 2);
        var at = position;
        var lengths = 0ul;
        while (true)
        {
            if ((uint)at >= (uint)end) return -1;

            uint length = message[at];
            if (length - 1 >= DnsName.LabelBytesMax)
            {
                if (length != 0) return -1;
                break;
            }

            lengths |= 1ul << (at - position);
            at += (int)length + 1;
        }

        size = at - position - 1;
        if (size <= 0) return -1;

        // Shorter than a vector, it needs bytes behind it that may be looked at.
        var last = Math.Max(size - Vector128<byte>.Count, 0);
        if (size < Vector128<byte>.Count && position + 1 + Vector128<byte>.Count > message.Length) return -1;

        ref var from = ref Unsafe.Add(ref MemoryMarshal.GetReference(message), position + 1);
        ref var to = ref MemoryMarshal.GetReference(target);
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

        // The first bit is the length before the text.
        var ours = ulong.MaxValue >> (TextBytesMax - size);
        return ((controls ^ lengths >> 1 | odd) & ours) == 0 ? at + 1 : -1;
    }
}
