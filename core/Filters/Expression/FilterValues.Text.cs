using System.Globalization;
using System.Text;

namespace NetSniff.Filters.Expression;

/// <summary>Quoted texts and patterns as octets; what the letters are in UTF-8.</summary>
internal static partial class FilterValues
{
    /// <param name="fault">Where a bad escape stands.</param>
    public static bool TryUnescape(ReadOnlySpan<char> inside, out byte[] bytes, out int fault)
    {
        var octets = new List<byte>(inside.Length);
        fault = 0;
        while (fault < inside.Length)
        {
            if (inside[fault] != '\\')
            {
                fault += AddLetter(inside[fault..], octets);
            }
            else if (TryEscape(inside[fault..], out var octet, out var length))
            {
                octets.Add(octet);
                fault += length;
            }
            else
            {
                bytes = [];
                return false;
            }
        }

        bytes = [.. octets];
        return true;
    }

    /// <summary>As a text, but `*` and `?` stand for runs unless a backslash is before them.</summary>
    public static bool TryGlob(ReadOnlySpan<char> inside, bool hasEscapes, out ushort[] glob, out int fault)
    {
        var parts = new List<ushort>(inside.Length);
        var octets = new List<byte>(4);
        fault = 0;
        glob = [];
        while (fault < inside.Length)
        {
            var rest = inside[fault..];
            if (rest is ['*', ..] or ['?', ..])
            {
                var part = rest[0] == '*' ? GlobTest.AnyRun : GlobTest.AnyOne;
                // Two runs in a row are one.
                if (part == GlobTest.AnyOne || parts is not [.., GlobTest.AnyRun]) parts.Add(part);
                fault++;
            }
            else if (rest[0] == '\\' && hasEscapes)
            {
                var (octet, length) = ((byte)0, 2);
                if (rest is [_, '*' or '?', ..]) octet = (byte)rest[1];
                else if (!TryEscape(rest, out octet, out length)) return false;
                parts.Add(octet);
                fault += length;
            }
            else
            {
                octets.Clear();
                fault += AddLetter(rest, octets);
                foreach (var octet in octets) parts.Add(octet);
            }
        }

        glob = [.. parts];
        return true;
    }

    /// <summary>RFC 3339, or a day alone; fractions to nanoseconds.</summary>
    public static bool TryTime(ReadOnlySpan<char> word, out long nanos)
    {
        nanos = 0;
        const string day = "yyyy-MM-dd";
        if (word.Length < day.Length || !DateOnly.TryParseExact(word[..day.Length], day, CultureInfo.InvariantCulture,
            DateTimeStyles.None, out var date))
        {
            return false;
        }

        // What 64 bits of nanoseconds from 1970 reach.
        if (date.Year is < 1970 or > 2260) return false;

        var seconds = (date.DayNumber - new DateOnly(1970, 1, 1).DayNumber) * 86_400L;
        var rest = word[day.Length..];
        if (rest.IsEmpty)
        {
            nanos = seconds * 1_000_000_000;
            return true;
        }

        if (rest.Length < 9 || rest[0] is not ('T' or 't') || rest[3] != ':' || rest[6] != ':') return false;
        if (!TryTwo(rest[1..], 23, out var hour) || !TryTwo(rest[4..], 59, out var minute)
            || !TryTwo(rest[7..], 60, out var second) || !TryFraction(rest[9..], out var fraction, out var zone))
        {
            return false;
        }

        if (!TryOffset(zone, out var offset)) return false;
        nanos = (seconds + hour * 3600 + minute * 60 + second - offset) * 1_000_000_000 + fraction;
        return true;
    }

    private static bool TryFraction(ReadOnlySpan<char> text, out long nanos, out ReadOnlySpan<char> rest)
    {
        nanos = 0;
        rest = text;
        if (text is not ['.', ..]) return true;

        var digits = 1;
        var unit = 100_000_000L;
        for (; digits < text.Length && char.IsAsciiDigit(text[digits]); digits++, unit /= 10)
        {
            nanos += (text[digits] - '0') * unit;
        }

        rest = text[digits..];
        return digits is > 1 and <= 10;
    }

    /// <summary>`Z`, `+02:00`: seconds east of Greenwich.</summary>
    private static bool TryOffset(ReadOnlySpan<char> zone, out int seconds)
    {
        seconds = 0;
        if (zone is "Z" or "z") return true;
        if (zone.Length != 6 || zone[0] is not ('+' or '-') || zone[3] != ':') return false;
        if (!TryTwo(zone[1..], 23, out var hours) || !TryTwo(zone[4..], 59, out var minutes)) return false;

        seconds = (hours * 3600 + minutes * 60) * (zone[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryTwo(ReadOnlySpan<char> digits, int most, out int value) =>
        int.TryParse(digits[..2], NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= most;

    private static int AddLetter(ReadOnlySpan<char> text, List<byte> octets)
    {
        // Half a surrogate pair comes out as the replacement character, which is what UTF-8 has for it.
        Rune.DecodeFromUtf16(text, out var rune, out var taken);
        Span<byte> encoded = stackalloc byte[4];
        foreach (var octet in encoded[..rune.EncodeToUtf8(encoded)]) octets.Add(octet);
        return taken;
    }

    private static bool TryEscape(ReadOnlySpan<char> text, out byte octet, out int length)
    {
        (octet, length) = (0, 2);
        if (text.Length < 2) return false;
        if (text[1] == 'x')
        {
            length = 4;
            return text.Length >= 4 && byte.TryParse(
                text[2..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octet);
        }

        const string letters = "nrt0\\'\"/";
        var index = letters.IndexOf(text[1], StringComparison.Ordinal);
        if (index < 0) return false;
        octet = (byte)"\n\r\t\0\\'\"/"[index];
        return true;
    }
}
