using System.Buffers;
using System.Globalization;
using System.Text;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>Captured text made harmless and readable on a terminal.</summary>
/// <remarks>Whoever sends traffic writes on the screen of whoever watches it. So nothing that moves the cursor, changes
/// colours, hides or reorders letters gets through: control characters (C0, DEL, C1), the bidirectional overrides
/// (CVE-2021-42574), invisible format characters and bytes that are not UTF-8 appear as visible escapes.</remarks>
internal static class TerminalText
{
    /// <summary>Bytes one rune may take: `\u{10ffff}`.</summary>
    public const int RuneBytesMax = 10;

    /// <summary>Takes the next letter of the text and writes it, or its escape.</summary>
    /// <param name="target">At least <see cref="RuneBytesMax"/> bytes.</param>
    /// <param name="cells">How many columns it takes on the screen.</param>
    /// <returns>Bytes written.</returns>
    public static int Next(ref ReadOnlySpan<byte> text, scoped Span<byte> target, out int cells)
    {
        if (Rune.DecodeFromUtf8(text, out var rune, out var consumed) != OperationStatus.Done)
        {
            // One byte at a time, so that each of them can be read off.
            var octet = text[0];
            text = text[1..];
            return cells = EscapeByte(octet, target);
        }

        text = text[consumed..];
        if (!IsVisible(rune)) return cells = Escape(rune, target);

        cells = CellWidths.Of(rune);
        return rune.EncodeToUtf8(target);
    }

    /// <summary>The same for whole strings: file names, messages.</summary>
    public static string Clean(string text)
    {
        if (IsPlain(text)) return text;

        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        Span<byte> piece = stackalloc byte[RuneBytesMax];
        var clean = new StringBuilder(text.Length);
        while (!rest.IsEmpty) clean.Append(Encoding.UTF8.GetString(piece[..Next(ref rest, piece, out _)]));
        return clean.ToString();
    }

    private static bool IsPlain(string text)
    {
        foreach (var letter in text)
        {
            if (letter is < ' ' or > '~') return false;
        }

        return true;
    }

    private static bool IsVisible(Rune rune)
    {
        if (rune.Value is >= 0x20 and < 0x7F) return true;
        if (rune.Value < 0xA0) return false;

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate => false,
            UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => false,
            UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
            // Any blank but the plain one only serves to hide where a field ends.
            UnicodeCategory.SpaceSeparator => false,
            _ => true,
        };
    }

    private static int Escape(Rune rune, Span<byte> target)
    {
        if (rune.Value < 0x80) return EscapeByte((byte)rune.Value, target);

        "\\u{"u8.CopyTo(target);
        var used = 3;
        var shift = rune.Value > 0xFFFFF ? 20 : rune.Value > 0xFFFF ? 16 : rune.Value > 0xFFF ? 12 : 8;
        for (; shift >= 0; shift -= 4) target[used++] = JsonText.HexDigit(rune.Value >> shift & 0xF);
        target[used++] = (byte)'}';
        return used;
    }

    private static int EscapeByte(byte octet, Span<byte> target)
    {
        target[0] = (byte)'\\';
        var letter = octet switch
        {
            (byte)'\n' => 'n',
            (byte)'\r' => 'r',
            (byte)'\t' => 't',
            _ => 'x',
        };
        target[1] = (byte)letter;
        if (letter != 'x') return 2;

        target[2] = JsonText.HexDigit(octet >> 4);
        target[3] = JsonText.HexDigit(octet & 0xF);
        return 4;
    }
}
