namespace NetSniff.Sensor.Redaction;

/// <content>Secrets that are known by their shape.</content>
internal sealed partial class TextRedactor
{
    private const int TokenLengthMin = 6;
    private const int CardDigitsMin = 13, CardDigitsMax = 19;
    private const int IbanLengthMin = 15, IbanLengthMax = 34;

    private void FindCredentials(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)' '))
        {
            FindSchemes(text, "bearer "u8);
            FindSchemes(text, "basic "u8);
        }

        if (text.Contains((byte)'%'))
        {
            FindSchemes(text, "bearer%20"u8);
            FindSchemes(text, "basic%20"u8);
        }

        if (text.Contains((byte)'@')) FindUserInfo(text);
        FindWebTokens(text);
    }

    /// <summary>`Bearer xyz`, `Basic xyz`, wherever it stands.</summary>
    private void FindSchemes(ReadOnlySpan<byte> text, ReadOnlySpan<byte> scheme)
    {
        for (var at = 0; at + scheme.Length < text.Length; at++)
        {
            var next = text[at..^scheme.Length].IndexOfAny(scheme[0], (byte)(scheme[0] - 0x20));
            if (next < 0) return;

            at += next;
            if (!IsSame(text.Slice(at, scheme.Length), scheme)) continue;

            var start = at + scheme.Length;
            while (start < text.Length && text[start] == ' ') start++;
            var end = start;
            while (end < text.Length && IsTokenLetter(text[end])) end++;
            if (end - start >= TokenLengthMin) _ranges.Add(start, end);
        }
    }

    /// <summary>RFC 7235: letters of a token68; `%` for what a URL wrote in its own way.</summary>
    private static bool IsTokenLetter(byte letter) =>
        char.IsAsciiLetterOrDigit((char)letter) || "-._~+/=%"u8.Contains(letter);

    private static bool IsSame(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        for (var index = 0; index < lower.Length; index++)
        {
            var letter = text[index];
            if (letter is >= (byte)'A' and <= (byte)'Z') letter |= 0x20;
            if (letter != lower[index]) return false;
        }

        return true;
    }

    /// <summary>`://user:password@host`, RFC 3986 section 3.2.1.</summary>
    private void FindUserInfo(ReadOnlySpan<byte> text)
    {
        for (var from = 0; text[from..].IndexOf("://"u8) is >= 0 and var found;)
        {
            var start = from + found + 3;
            var end = start;
            var at = -1;
            while (end < text.Length && !"/?# \""u8.Contains(text[end]))
            {
                if (text[end] == '@') at = end;
                end++;
            }

            if (at > start)
            {
                var colon = text[start..at].IndexOf((byte)':');
                _ranges.Add(colon < 0 ? start : start + colon + 1, at);
            }

            from = start;
        }
    }

    /// <summary>JSON web tokens, RFC 7519: three parts in base64, the first two begin as `{"` does.</summary>
    private void FindWebTokens(ReadOnlySpan<byte> text)
    {
        for (var from = 0; text[from..].IndexOf("eyJ"u8) is >= 0 and var found;)
        {
            var start = from + found;
            var end = start;
            var dots = 0;
            while (end < text.Length && (char.IsAsciiLetterOrDigit((char)text[end])
                || text[end] is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'='))
            {
                if (text[end++] == '.') dots++;
            }

            if (dots >= 1) _ranges.Add(start, end);
            from = Math.Max(end, start + 1);
        }
    }

    /// <summary>Numbers of payment cards: 13 to 19 digits, with blanks and dashes or without, whose check digit is
    /// right (ISO/IEC 7812-1, annex B).</summary>
    private void FindCards(ReadOnlySpan<byte> text)
    {
        Span<byte> digits = stackalloc byte[CardDigitsMax];
        Span<int> ends = stackalloc int[CardDigitsMax];
        for (var start = 0; start < text.Length; start++)
        {
            if (!char.IsAsciiDigit((char)text[start])) continue;
            if (start > 0 && char.IsAsciiDigit((char)text[start - 1])) continue;

            var (count, at) = (0, start);
            while (at < text.Length && count < CardDigitsMax)
            {
                if (char.IsAsciiDigit((char)text[at]))
                {
                    digits[count] = (byte)(text[at] - '0');
                    ends[count++] = ++at;
                }
                else if (SeparatorAt(text, at) is > 0 and var width && at + width < text.Length
                    && char.IsAsciiDigit((char)text[at + width]))
                {
                    at += width;
                }
                else
                {
                    break;
                }
            }

            for (var length = count; length >= CardDigitsMin; length--)
            {
                // Not in the middle of a longer number.
                var end = ends[length - 1];
                if (end < text.Length && char.IsAsciiDigit((char)text[end])) continue;
                if (digits[0] is < 2 or > 6 || !HasCheckDigit(digits[..length])) continue;

                _ranges.Add(start, end);
                start = end - 1;
                break;
            }
        }
    }

    private static int SeparatorAt(ReadOnlySpan<byte> text, int at) => text[at] switch
    {
        (byte)' ' or (byte)'-' or (byte)'+' or (byte)'.' => 1,
        (byte)'%' when IsWritten(text, at, '2', '0') || IsWritten(text, at, '2', 'd') => 3,
        _ => 0,
    };

    private static bool HasCheckDigit(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        for (var index = 0; index < digits.Length; index++)
        {
            var digit = (int)digits[^(index + 1)];
            if (index % 2 == 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    private void FindPeople(ReadOnlySpan<byte> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var width = text[at] == '@' ? 1 : text[at] == '%' && IsWritten(text, at, '4', '0') ? 3 : 0;
            if (width > 0) FindMailbox(text, at, width);
        }

        FindAccounts(text);
    }

    private void FindMailbox(ReadOnlySpan<byte> text, int at, int width)
    {
        var (start, end) = (at, at + width);
        while (start > 0 && IsMailLetter(text[start - 1])) start--;
        while (end < text.Length && (IsMailLetter(text[end]) && text[end] is not ((byte)'%' or (byte)'+'))) end++;
        var hasDot = text[(at + width)..end].Contains((byte)'.');
        if (start < at && hasDot) _ranges.Add(start, end);
    }

    private static bool IsMailLetter(byte letter) => char.IsAsciiLetterOrDigit((char)letter)
        || letter is (byte)'.' or (byte)'-' or (byte)'_' or (byte)'+' or (byte)'%' or >= 0x80;

    /// <summary>International bank account numbers, ISO 13616: two letters, two check digits, mod 97.</summary>
    private void FindAccounts(ReadOnlySpan<byte> text)
    {
        for (var start = 0; start + IbanLengthMin <= text.Length; start++)
        {
            if (!char.IsAsciiLetter((char)text[start]) || !char.IsAsciiLetter((char)text[start + 1])) continue;
            if (!char.IsAsciiDigit((char)text[start + 2]) || !char.IsAsciiDigit((char)text[start + 3])) continue;
            if (start > 0 && char.IsAsciiLetterOrDigit((char)text[start - 1])) continue;

            var end = AccountEnd(text, start);
            if (end > 0) _ranges.Add(start, end);
        }
    }

    private static int AccountEnd(ReadOnlySpan<byte> text, int start)
    {
        Span<byte> letters = stackalloc byte[IbanLengthMax];
        var (count, at, best) = (0, start, 0);
        while (at < text.Length && count < IbanLengthMax)
        {
            if (SeparatorAt(text, at) is > 0 and var width)
            {
                at += width;
                continue;
            }

            if (!char.IsAsciiLetterOrDigit((char)text[at])) break;
            letters[count++] = text[at++];
            if (count >= IbanLengthMin && IsAccount(letters[..count])) best = at;
        }

        return best;
    }

    private static bool IsAccount(ReadOnlySpan<byte> letters)
    {
        var rest = 0;
        for (var index = 0; index < letters.Length; index++)
        {
            var letter = letters[(index + 4) % letters.Length];
            var value = char.IsAsciiDigit((char)letter) ? letter - '0' : (letter | 0x20) - 'a' + 10;
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
        }

        return rest == 1;
    }

    /// <summary>Access keys of AWS by their prefix: four letters and sixteen of base 32.</summary>
    private void FindCloudKeys(ReadOnlySpan<byte> text)
    {
        const int KeyLength = 20;
        for (var at = 0; at + KeyLength <= text.Length; at++)
        {
            if (text[at] != 'A' || !(text[at..].StartsWith("AKIA"u8) || text[at..].StartsWith("ASIA"u8))) continue;
            if (text.Slice(at, KeyLength).ContainsAnyExcept(s_keyLetters)) continue;

            _ranges.Add(at, at + KeyLength);
        }
    }

    private static readonly System.Buffers.SearchValues<byte> s_keyLetters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8);
}
