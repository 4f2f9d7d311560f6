namespace NetSniff.Detection.Rules.Patterns;

/// <summary>Undoes what hides a text from patterns. Whatever the text, the result is no longer than it.</summary>
internal static class TextDecoder
{
    /// <summary>What a decoder says of a text in which there is nothing for it.</summary>
    public const int Unchanged = -1;

    /// <param name="target">As long as the text; what is in it is of no use when nothing changed.</param>
    /// <returns>Bytes of the result, or <see cref="Unchanged"/>.</returns>
    public static int Decode(DecodeStep step, ReadOnlySpan<byte> text, Span<byte> target) => step switch
    {
        DecodeStep.URL => UrlDecoder.Decode(text, target),
        DecodeStep.DoubleURL => UrlDecoder.DecodeTwice(text, target),
        DecodeStep.HTML => HtmlDecoder.Decode(text, target),
        DecodeStep.Base64 => Base64Decoder.Decode(text, target),
        DecodeStep.Unicode => UnicodeDecoder.Decode(text, target),
        DecodeStep.SQLComment => SqlCommentDecoder.Decode(text, target),
        _ => Unchanged,
    };

    public static int HexDigit(byte letter) => letter switch
    {
        >= (byte)'0' and <= (byte)'9' => letter - '0',
        >= (byte)'a' and <= (byte)'f' => letter - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => letter - 'A' + 10,
        _ => -1,
    };

    /// <summary>A number of so many hex digits, or -1.</summary>
    public static int HexNumber(ReadOnlySpan<byte> text, int digits)
    {
        if (text.Length < digits) return -1;

        var number = 0;
        foreach (var letter in text[..digits])
        {
            var digit = HexDigit(letter);
            if (digit < 0) return -1;
            number = number << 4 | digit;
        }

        return number;
    }

    /// <summary>Writes a character in UTF-8, up to U+FFFF: three bytes at most.</summary>
    public static int Put(Span<byte> target, int character)
    {
        if (character < 0x80)
        {
            target[0] = (byte)character;
            return 1;
        }

        if (character < 0x800)
        {
            target[0] = (byte)(0xc0 | character >> 6);
            target[1] = (byte)(0x80 | character & 0x3f);
            return 2;
        }

        target[0] = (byte)(0xe0 | character >> 12);
        target[1] = (byte)(0x80 | character >> 6 & 0x3f);
        target[2] = (byte)(0x80 | character & 0x3f);
        return 3;
    }
}

/// <summary>Percent-encoding (RFC 3986 section 2.1), and + for a space as forms have it. What is not whole stays.
/// </summary>
internal static class UrlDecoder
{
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var next = text.IndexOfAny((byte)'%', (byte)'+');
        if (next < 0) return TextDecoder.Unchanged;

        var used = 0;
        while (next >= 0)
        {
            text[..next].CopyTo(target[used..]);
            used += next;
            var number = text[next] == '+' ? -1 : TextDecoder.HexNumber(text[(next + 1)..], 2);
            target[used++] = text[next] == '+' ? (byte)' ' : number >= 0 ? (byte)number : (byte)'%';
            text = text[(next + (number >= 0 ? 3 : 1))..];
            next = text.IndexOfAny((byte)'%', (byte)'+');
        }

        text.CopyTo(target[used..]);
        return used + text.Length;
    }

    public static int DecodeTwice(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var length = Decode(text, target);
        if (length < 0) return length;

        // It only ever moves left, so it may read what it writes over.
        var again = Decode(target[..length], target);
        return again < 0 ? length : again;
    }
}

/// <summary>Character references of HTML: numbers, and the names that markup itself needs.</summary>
internal static class HtmlDecoder
{
    private const int ReferenceMax = 10;

    public static int Decode(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var next = text.IndexOf((byte)'&');
        if (next < 0) return TextDecoder.Unchanged;

        var used = 0;
        var isChanged = false;
        while (next >= 0)
        {
            text[..next].CopyTo(target[used..]);
            used += next;
            var (character, length) = Reference(text[next..]);
            if (length == 0)
            {
                target[used++] = (byte)'&';
                length = 1;
            }
            else
            {
                used += TextDecoder.Put(target[used..], character);
                isChanged = true;
            }

            text = text[(next + length)..];
            next = text.IndexOf((byte)'&');
        }

        text.CopyTo(target[used..]);
        return isChanged ? used + text.Length : TextDecoder.Unchanged;
    }

    /// <summary>A reference at the beginning of a text: its character and length; 0 where there is none.</summary>
    private static (int Character, int Length) Reference(ReadOnlySpan<byte> text)
    {
        var end = text[..Math.Min(text.Length, ReferenceMax + 1)].IndexOf((byte)';');
        if (end < 2) return default;

        var inside = text[1..end];
        if (inside[0] != '#') return (Named(inside), Named(inside) < 0 ? 0 : end + 1);

        var isHex = inside.Length > 1 && inside[1] is (byte)'x' or (byte)'X';
        var digits = inside[(isHex ? 2 : 1)..];
        var number = digits.IsEmpty ? -1 : 0;
        foreach (var letter in digits)
        {
            var digit = TextDecoder.HexDigit(letter);
            if (digit < 0 || (!isHex && digit > 9)) return default;
            number = Math.Min(number * (isHex ? 16 : 10) + digit, 0x11_0000);
        }

        // Three bytes of UTF-8 need at least `&#2048;`; what a shorter reference gives is shorter.
        return number is < 0 or > 0xffff ? default : (number, end + 1);
    }

    private static int Named(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("lt"u8) ? '<'
        : name.SequenceEqual("gt"u8) ? '>'
        : name.SequenceEqual("amp"u8) ? '&'
        : name.SequenceEqual("quot"u8) ? '"'
        : name.SequenceEqual("apos"u8) ? '\''
        : name.SequenceEqual("nbsp"u8) ? ' '
        : name.SequenceEqual("sol"u8) ? '/'
        : name.SequenceEqual("lpar"u8) ? '('
        : name.SequenceEqual("rpar"u8) ? ')'
        : name.SequenceEqual("colon"u8) ? ':'
        : name.SequenceEqual("dollar"u8) ? '$'
        : -1;
}

/// <summary>`\u0027`, `\x27`, `%u0027`, full-width letters, and ASCII in more bytes of UTF-8 than it needs.</summary>
internal static class UnicodeDecoder
{
    private const byte Overlong0 = 0xc0;
    private const byte Overlong1 = 0xc1;
    private const byte FullWidth = 0xef;

    public static int Decode(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var used = 0;
        var isChanged = false;
        while (true)
        {
            var next = NextOf(text);
            if (next < 0) break;

            text[..next].CopyTo(target[used..]);
            used += next;
            var (character, length) = Escape(text[next..]);
            if (length == 0)
            {
                target[used++] = text[next];
                length = 1;
            }
            else
            {
                used += TextDecoder.Put(target[used..], character);
                isChanged = true;
            }

            text = text[(next + length)..];
        }

        text.CopyTo(target[used..]);
        return isChanged ? used + text.Length : TextDecoder.Unchanged;
    }

    private static int NextOf(ReadOnlySpan<byte> text)
    {
        var sign = text.IndexOfAny((byte)'\\', (byte)'%');
        var octet = (sign < 0 ? text : text[..sign]).IndexOfAny(Overlong0, Overlong1, FullWidth);
        return octet >= 0 ? octet : sign;
    }

    private static (int Character, int Length) Escape(ReadOnlySpan<byte> text)
    {
        switch (text)
        {
            case [(byte)'\\' or (byte)'%', (byte)'u' or (byte)'U', ..]:
                var wide = TextDecoder.HexNumber(text[2..], 4);
                // A full-width letter stands for the plain one.
                return wide < 0 ? default : (Plain(wide), 6);
            case [(byte)'\\', (byte)'x' or (byte)'X', ..]:
                var narrow = TextDecoder.HexNumber(text[2..], 2);
                return narrow < 0 ? default : (narrow, 4);
            case [Overlong0 or Overlong1, >= 0x80 and < 0xc0, ..]:
                return ((text[0] & 1) << 6 | text[1] & 0x3f, 2);
            case [FullWidth, >= 0xbc and <= 0xbd, >= 0x80 and < 0xc0, ..]:
                var letter = 0xf000 | (text[1] & 0x3f) << 6 | text[2] & 0x3f;
                return Plain(letter) == letter ? default : (Plain(letter), 3);
            default:
                return default;
        }
    }

    private static int Plain(int character) => character is >= 0xff01 and <= 0xff5e ? character - 0xfee0 : character;
}

/// <summary>Comments of SQL become a space, and what MySQL runs in a comment (`/*!50000 … */`) stands alone.</summary>
internal static class SqlCommentDecoder
{
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var next = text.IndexOf("/*"u8);
        if (next < 0) return TextDecoder.Unchanged;

        var used = 0;
        while (next >= 0)
        {
            text[..next].CopyTo(target[used..]);
            used += next;
            target[used++] = (byte)' ';
            text = text[(next + 2)..];
            var end = text.IndexOf("*/"u8);
            var inside = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 2)..];
            if (inside is [(byte)'!', ..])
            {
                inside = inside[1..].TrimStart("0123456789"u8);
                inside.CopyTo(target[used..]);
                used += inside.Length;
                // Where it ends a word ends: `/*!select*/1` is two.
                if (end >= 0) target[used++] = (byte)' ';
            }

            next = text.IndexOf("/*"u8);
        }

        text.CopyTo(target[used..]);
        return used + text.Length;
    }
}
