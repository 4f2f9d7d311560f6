using System.Buffers;
using System.Text;

namespace NetSniff.Protocols.Labels;

/// <summary>What protocols made of lines have in common.</summary>
internal static class Words
{
    /// <summary>Longest first line looked at.</summary>
    private const int LineBytesMax = 512;

    public static bool Begin(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> word) =>
        bytes.Length >= word.Length && Ascii.EqualsIgnoreCase(bytes[..word.Length], word);

    /// <summary>The first line without its end; empty if it does not end or holds anything but printable ASCII and
    /// tabs.</summary>
    public static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> bytes)
    {
        var shown = bytes[..Math.Min(bytes.Length, LineBytesMax)];
        var end = shown.IndexOf((byte)'\n');
        if (end < 0) return default;
        if (end > 0 && shown[end - 1] == '\r') end--;
        var line = shown[..end];
        return IsPrintable(line) ? line : default;
    }

    private static readonly SearchValues<byte> s_printable =
        SearchValues.Create([(byte)'\t', .. Enumerable.Range(0x20, 0x7F - 0x20).Select(value => (byte)value)]);

    public static bool IsPrintable(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept(s_printable);

    public static bool Contain(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> word)
    {
        for (var start = 0; start + word.Length <= bytes.Length; start++)
        {
            if (Ascii.EqualsIgnoreCase(bytes.Slice(start, word.Length), word)) return true;
        }

        return false;
    }

    /// <summary>Three digits and a blank, or the hyphen of a reply of several lines.</summary>
    public static bool IsReply(ReadOnlySpan<byte> line) =>
        line.Length >= 4 && IsDigits(line[..3]) && line[3] is (byte)' ' or (byte)'-';

    public static bool IsDigits(ReadOnlySpan<byte> bytes) =>
        !bytes.IsEmpty && !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>The part before the first blank.</summary>
    public static ReadOnlySpan<byte> First(ReadOnlySpan<byte> line)
    {
        var end = line.IndexOf((byte)' ');
        return end < 0 ? line : line[..end];
    }
}
