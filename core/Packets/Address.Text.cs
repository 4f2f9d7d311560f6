using System.Buffers.Binary;
using System.Buffers.Text;

namespace NetSniff.Packets;

public readonly partial struct Address
{
    /// <summary>Bytes of the longest text: an IPv6 address that ends in dotted IPv4.</summary>
    public const int TextSizeMax = 45;

    private const int Words = 8;

    /// <summary>Text as in RFC 5952, without allocating.</summary>
    /// <param name="target">At least <see cref="TextSizeMax"/> bytes.</param>
    public int Format(Span<byte> target)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (CopyTo(bytes) == 4) return WriteDotted(bytes, target);

        Span<ushort> words = stackalloc ushort[Words];
        for (var index = 0; index < Words; index++)
        {
            words[index] = BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * index)..]);
        }

        var isMixed = EndsInV4(words);
        words = isMixed ? words[..^2] : words;
        FindZeros(words, out var zeros, out var zerosEnd);
        var used = 0;
        var isBehindWord = false;
        for (var index = 0; index < words.Length;)
        {
            if (index == zeros)
            {
                target[used++] = (byte)':';
                target[used++] = (byte)':';
                (index, isBehindWord) = (zerosEnd, false);
                continue;
            }

            if (isBehindWord) target[used++] = (byte)':';
            Utf8Formatter.TryFormat(words[index], target[used..], out var written, new('x'));
            used += written;
            (index, isBehindWord) = (index + 1, true);
        }

        if (!isMixed) return used;
        if (isBehindWord) target[used++] = (byte)':';
        return used + WriteDotted(bytes[12..], target[used..]);
    }

    /// <summary>The longest run of at least two zero words, the first of several (RFC 5952 section 4.2).</summary>
    private static void FindZeros(ReadOnlySpan<ushort> words, out int start, out int end)
    {
        (start, end) = (-1, 0);
        for (var index = 0; index < words.Length; index++)
        {
            var first = index;
            while (index < words.Length && words[index] == 0) index++;
            if (index - first > Math.Max(1, end - start)) (start, end) = (first, index);
        }
    }

    /// <summary>Prefixes behind which people write an IPv4 address (RFC 5952 section 5): compatible, translated, and
    /// ISATAP (RFC 5214 section 6.1).</summary>
    private static bool EndsInV4(ReadOnlySpan<ushort> words)
    {
        if (words[4] == 0 && words[5] == 0x5EFE) return true;
        if (words[..4].ContainsAnyExcept((ushort)0)) return false;
        return (words[4], words[5], words[6]) is (0 or 0xFFFF, 0, not 0);
    }

    private static int WriteDotted(ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        var used = 0;
        for (var index = 0; index < 4; index++)
        {
            if (index > 0) target[used++] = (byte)'.';
            Utf8Formatter.TryFormat(bytes[index], target[used..], out var written);
            used += written;
        }

        return used;
    }
}
