using System.Buffers;
using System.Text;

namespace NetSniff.Sensor.Redaction;

/// <summary>Finds what must not be read in a text as it was on the wire. One per thread.</summary>
/// <remarks>Texts are bytes that a stranger chose: nothing here assumes that they are well formed. Where it is in doubt
/// where a secret ends, more is hidden.</remarks>
internal sealed partial class TextRedactor
{
    private const int NameLengthMax = 128;

    /// <summary>A name may be written as three characters for each of its own.</summary>
    private const int WrittenNameLengthMax = 3 * NameLengthMax;

    private readonly SecretRanges _ranges = new();
    private char[] _characters = new char[1024];

    /// <summary>What every secret that is looked for has in it or around it; the rest is known by its beginning.
    /// </summary>
    private static readonly SearchValues<byte> s_marks = SearchValues.Create("=%\" @"u8);

    /// <summary>Whether a glance is enough to tell that there is no secret in it. No is no answer.</summary>
    public static bool IsClean(RedactionPlan plan, ReadOnlySpan<byte> text) =>
        plan.LooksForCredentialsOnly && !text.ContainsAny(s_marks) && text.IndexOf("eyJ"u8) < 0;

    /// <summary>Writes the text behind <paramref name="output"/> with its secrets replaced.</summary>
    /// <param name="isHeader">The text is a header field, `name: value`.</param>
    /// <returns>Whether there were any; if not, nothing was written.</returns>
    public bool TryRewrite(RedactionPlan plan, ReadOnlySpan<byte> text, bool isHeader, List<byte> output)
    {
        _ranges.Clear();
        if (isHeader) FindInHeader(plan, text);
        // Most texts hold nothing of what a secret has around it, and a glance tells.
        if (text.ContainsAny((byte)'=', (byte)'%')) FindParameters(plan, text);
        if (text.Contains((byte)'"')) FindJsonFields(plan, text);
        if (plan.HidesCredentials) FindCredentials(text);
        if (plan.HidesCards) FindCards(text);
        if (plan.HidesPeople) FindPeople(text);
        if (plan.HidesCloudKeys) FindCloudKeys(text);
        if (plan.Patterns.Count > 0) FindPatterns(plan, text);
        if (_ranges.Count == 0) return false;

        _ranges.Write(text, output);
        return true;
    }

    private void FindInHeader(RedactionPlan plan, ReadOnlySpan<byte> text)
    {
        // HTTP/2's own fields begin with a colon.
        var colon = text.Length > 1 ? text[1..].IndexOf((byte)':') + 1 : 0;
        if (colon is 0 or > NameLengthMax) return;

        Span<char> name = stackalloc char[NameLengthMax];
        var length = Encoding.Latin1.GetChars(text[..colon].Trim((byte)' '), name);
        if (!plan.IsSecretHeader(name[..length])) return;

        var start = colon + 1;
        while (start < text.Length && text[start] == ' ') start++;
        if (name[..length].Equals("cookie", StringComparison.OrdinalIgnoreCase)) HideCookies(text, start);
        else if (name[..length].Equals("set-cookie", StringComparison.OrdinalIgnoreCase)) HideSetCookie(text, start);
        else _ranges.Add(start, text.Length);
    }

    /// <summary>`a=b; c=d`: names stay, they tell which session scheme is used and nothing else.</summary>
    private void HideCookies(ReadOnlySpan<byte> text, int start)
    {
        while (start < text.Length)
        {
            var end = text[start..].IndexOf((byte)';') is >= 0 and var at ? start + at : text.Length;
            var equals = text[start..end].IndexOf((byte)'=');
            _ranges.Add(equals < 0 ? start : start + equals + 1, end);
            start = end + 1;
            while (start < text.Length && text[start] == ' ') start++;
        }
    }

    /// <summary>One cookie, and attributes that are no secret.</summary>
    private void HideSetCookie(ReadOnlySpan<byte> text, int start)
    {
        var end = text[start..].IndexOf((byte)';') is >= 0 and var at ? start + at : text.Length;
        var equals = text[start..end].IndexOf((byte)'=');
        _ranges.Add(equals < 0 ? start : start + equals + 1, end);
    }

    /// <summary>`name=value` wherever it stands: query strings, fragments, forms, connection strings.</summary>
    private void FindParameters(RedactionPlan plan, ReadOnlySpan<byte> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var width = EqualsAt(text, at);
            if (width == 0) continue;

            var start = at;
            while (start > 0 && at - start < WrittenNameLengthMax && !EndsBefore(text, start)) start--;
            if (IsSecretName(plan, text[start..at]))
            {
                var valueEnd = at + width;
                while (valueEnd < text.Length && !IsValueEnd(text, valueEnd)) valueEnd++;
                _ranges.Add(at + width, valueEnd);
            }

            at += width - 1;
        }
    }

    /// <summary>Length of an equals sign, also one that is written for a query within a query.</summary>
    private static int EqualsAt(ReadOnlySpan<byte> text, int at) => text[at] switch
    {
        (byte)'=' => 1,
        (byte)'%' when IsWritten(text, at, '3', 'd') => 3,
        _ => 0,
    };

    private static bool IsWritten(ReadOnlySpan<byte> text, int at, char high, char low) =>
        at + 2 < text.Length && text[at] == '%' && text[at + 1] == high && (text[at + 2] | 0x20) == (low | 0x20);

    /// <summary>What stands before the place ends whatever was before a name.</summary>
    private static bool EndsBefore(ReadOnlySpan<byte> text, int at)
    {
        if (text[at - 1] is (byte)'?' or (byte)'&' or (byte)';' or (byte)'#' or (byte)'/' or (byte)' ' or (byte)'"'
            or (byte)'\'' or (byte)',' or (byte)'=' or (byte)':' or (byte)'{' or (byte)'(' or < (byte)' ')
        {
            return true;
        }

        return at >= 3 && (IsWritten(text, at - 3, '3', 'f') || IsWritten(text, at - 3, '2', '6')
            || IsWritten(text, at - 3, '2', '3') || IsWritten(text, at - 3, '3', 'b')
            || IsWritten(text, at - 3, '2', '0') || IsWritten(text, at - 3, '3', 'd'));
    }

    private static bool IsValueEnd(ReadOnlySpan<byte> text, int at) =>
        text[at] is (byte)'&' or (byte)';' or (byte)'#' or (byte)' ' or (byte)'"' or (byte)'\'' or < (byte)' '
        || IsWritten(text, at, '2', '6') || IsWritten(text, at, '2', '3');

    private static bool IsSecretName(RedactionPlan plan, ReadOnlySpan<byte> written)
    {
        if (written.Length is 0 or > WrittenNameLengthMax) return false;

        Span<char> name = stackalloc char[WrittenNameLengthMax];
        var length = 0;
        for (var at = 0; at < written.Length; at++)
        {
            var isWritten = written[at] == '%' && at + 2 < written.Length && IsHex(written[at + 1])
                && IsHex(written[at + 2]);
            name[length++] = isWritten
                ? (char)(Convert.FromHexString([(char)written[at + 1], (char)written[at + 2]])[0])
                : (char)written[at];
            if (isWritten) at += 2;
        }

        var decoded = name[..length];
        // `filter[token]` is a token too.
        var open = decoded.LastIndexOf('[');
        if (open >= 0 && decoded[^1] == ']' && plan.IsSecretParameter(decoded[(open + 1)..^1])) return true;
        return plan.IsSecretParameter(decoded);
    }

    private static bool IsHex(byte letter) => char.IsAsciiHexDigit((char)letter);

    /// <summary>`"name": "value"`, at any depth, in any piece of JSON.</summary>
    private void FindJsonFields(RedactionPlan plan, ReadOnlySpan<byte> text)
    {
        Span<char> name = stackalloc char[NameLengthMax];
        for (var at = text.IndexOf("\""u8); at >= 0 && at < text.Length;)
        {
            var length = text[(at + 1)..].IndexOf((byte)'"');
            if (length < 0) return;

            var end = at + 1 + length;
            var colon = SkipBlanks(text, end + 1);
            if (length > NameLengthMax || colon >= text.Length || text[colon] != ':')
            {
                at = end; // it may as well open the next
                continue;
            }

            Encoding.Latin1.GetChars(text[(at + 1)..end], name);
            var start = SkipBlanks(text, colon + 1);
            var isSecret = plan.IsSecretJsonField(name[..length]);
            var valueEnd = isSecret ? JsonValueEnd(text, start) : start;
            if (isSecret) _ranges.Add(start < text.Length && text[start] == '"' ? start + 1 : start, valueEnd);
            var next = text[Math.Min(text.Length, Math.Max(valueEnd, start))..].IndexOf((byte)'"');
            if (next < 0) return;
            at = Math.Max(valueEnd, start) + next + (isSecret && text[Math.Max(valueEnd, start)] == '"' ? 1 : 0);
        }
    }

    private static int SkipBlanks(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
        return at;
    }

    /// <summary>Where a value ends: a string at its quote, objects and lists with the text, anything else at what
    /// parts values.</summary>
    private static int JsonValueEnd(ReadOnlySpan<byte> text, int start)
    {
        if (start >= text.Length) return text.Length;
        if (text[start] is (byte)'{' or (byte)'[') return text.Length;

        if (text[start] != '"')
        {
            var length = text[start..].IndexOfAny(",}]\n"u8);
            return length < 0 ? text.Length : start + length;
        }

        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] == '\\') at++;
            else if (text[at] == '"') return at;
        }

        return text.Length;
    }

    private void FindPatterns(RedactionPlan plan, ReadOnlySpan<byte> text)
    {
        if (text.Length > _characters.Length) _characters = new char[text.Length * 2];
        var characters = _characters.AsSpan(0, Encoding.Latin1.GetChars(text, _characters));
        foreach (var pattern in plan.Patterns)
        {
            var found = 0;
            foreach (var match in pattern.Regex.EnumerateMatches(characters))
            {
                _ranges.Add(match.Index, match.Index + match.Length, pattern.Replacement);
                found++;
            }

            // Threads share it: written to only when there is something to write.
            if (found > 0) pattern.Found.Add(found);
        }
    }
}
