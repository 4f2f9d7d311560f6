using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace NetSniff.Protocols.Dns;

/// <summary>Names on the wire, RFC 1035 section 4.1.4: labels behind their lengths, the rest perhaps elsewhere.
/// </summary>
internal static class DnsName
{
    /// <summary>Octets of a name on the wire, lengths included (RFC 1035 section 2.3.4).</summary>
    public const int WireBytesMax = 255;

    /// <summary>Octets of a label: its length is of six bits.</summary>
    public const int LabelBytesMax = 63;

    /// <summary>Pointers followed in one name: one leads to the rest, a second or third is thrift; this is a loop.
    /// </summary>
    public const int JumpsMax = 32;

    /// <summary>Bytes of text: every octet of a name can become four.</summary>
    public const int TextBytesMax = 4 * WireBytesMax;

    /// <summary>Steps over a name without following it.</summary>
    /// <returns>The position behind it, or -1 with the problem.</returns>
    public static int Skip(ReadOnlySpan<byte> message, int position, out DnsProblem problem)
    {
        Debug.Assert(position >= 0);
        var end = Math.Min(message.Length, position + WireBytesMax);
        ref var bytes = ref MemoryMarshal.GetReference(message);
        var at = position;
        while (at < end)
        {
            uint length = Unsafe.Add(ref bytes, at);
            if (length - 1 >= LabelBytesMax)
            {
                if (length != 0) return SkipOdd(message, at + 1, (int)length, out problem);

                problem = DnsProblem.None;
                return at + 1;
            }

            at += (int)length + 1;
        }

        problem = at - position >= WireBytesMax ? DnsProblem.NameLength : DnsProblem.Short;
        return -1;
    }

    /// <summary>A pointer ends the name where it stands; there is nothing else.</summary>
    private static int SkipOdd(ReadOnlySpan<byte> message, int position, int length, out DnsProblem problem)
    {
        if (length >= 0xC0) return SkipPointer(message, position, length, out problem);

        problem = DnsProblem.Label;
        return -1;
    }

    private static int SkipPointer(ReadOnlySpan<byte> message, int position, int high, out DnsProblem problem)
    {
        problem = DnsProblem.Short;
        if (position >= message.Length) return -1;

        // Forward is wrong but leads somewhere; to itself it leads nowhere.
        var target = ((high & 0x3F) << 8) | message[position];
        problem = target < position - 1 ? DnsProblem.None : DnsProblem.Pointer;
        return target == position - 1 ? -1 : position + 1;
    }

    /// <summary>Writes a name as text: labels joined by dots, the root as one dot.</summary>
    /// <remarks>A pointer leads to a prior name. One that does not land before the run of labels it ends is told as
    /// wrong and followed all the same, as resolvers do; the jumps are counted, so every loop ends. UTF-8 stays as it
    /// is (RFC 6762 section 16); what is not text becomes \ddd, a dot inside a label \. (RFC 1035 section 5.1,
    /// RFC 6763 section 4.3).</remarks>
    /// <returns>The position behind the name in its own place, or -1.</returns>
    public static int Write(ReadOnlySpan<byte> message, int position, ref DnsText text, out DnsProblem problem)
    {
        var plainEnd = text.TryName(message, position);
        if (plainEnd < 0) return WriteByLabels(message, position, ref text, out problem);

        problem = DnsProblem.None;
        return plainEnd;
    }

    /// <summary>The way that takes every name.</summary>
    public static int WriteByLabels(
        ReadOnlySpan<byte> message, int position, ref DnsText text, out DnsProblem problem)
    {
        var behind = -1;
        var runStart = position;
        var wireBytes = 0;
        var jumps = 0;
        var isForward = false;
        problem = DnsProblem.Short;
        while ((uint)position < (uint)message.Length)
        {
            int length = message[position++];
            if (length == 0)
            {
                if (wireBytes == 0) text.Byte((byte)'.');
                if (!isForward) problem = DnsProblem.None;
                return behind < 0 ? position : behind;
            }

            if (length >= 0xC0)
            {
                if (position >= message.Length) return -1;

                var target = ((length & 0x3F) << 8) | message[position];
                if (behind < 0) behind = position + 1;
                isForward |= target >= runStart;
                if (isForward) problem = DnsProblem.Pointer;
                if (++jumps > JumpsMax) return -1;

                runStart = position = target;
                continue;
            }

            if (length > LabelBytesMax)
            {
                problem = DnsProblem.Label;
                return -1;
            }

            if (length > message.Length - position) return -1;

            wireBytes += 1 + length;
            if (wireBytes >= WireBytesMax)
            {
                problem = DnsProblem.NameLength;
                return -1;
            }

            if (wireBytes > 1 + length) text.Byte((byte)'.');
            text.Label(message.Slice(position, length));
            position += length;
        }

        return -1;
    }

    /// <summary>Whether two first questions ask the same: names without regard to case (RFC 4343), then type and
    /// class.</summary>
    /// <remarks>Both stand at the same place in their messages, so equal wire bytes are equal names. A label's length
    /// is below every letter, so folding case over the lengths is harmless.</remarks>
    public static bool IsSameQuestion(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.SequenceEqual(right)
        || (left.Length == right.Length
            && left.Length >= 4
            && left[^4..].SequenceEqual(right[^4..])
            && Ascii.EqualsIgnoreCase(left[..^4], right[..^4]));
}
