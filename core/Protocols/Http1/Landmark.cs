namespace NetSniff.Protocols.Http1;

/// <summary>First lines that nothing else looks like: all that is believed where the place in a stream is not known,
/// behind a gap or in the middle of a connection.</summary>
/// <remarks>Bodies and headers have lines of three words too, and a gap cuts words: <c>ET /a HTTP/1.1</c> has the right
/// shape, but nobody sent it.</remarks>
internal static class Landmark
{
    /// <summary>A first line longer than this is waited for no more.</summary>
    public const int RequestBytesMax = 16 * 1024;

    /// <summary>Bytes up to the first header's colon. Reason phrases are short, and so are names.</summary>
    public const int StatusBytesMax = 1024;

    private const int StatusBytes = 12; // `HTTP/1.1 200`

    public static ReadOnlySpan<byte> StatusStart => "HTTP/1."u8;

    /// <summary>Method, target and `HTTP/1.x`, one space between, and nothing else in the line.</summary>
    /// <param name="bytes">Begin where a line does, unless they are torn.</param>
    /// <param name="isTorn">They may begin within a word: the method must be one that no other ends in.</param>
    public static Verdict JudgeRequest(ReadOnlySpan<byte> bytes, bool isTorn)
    {
        // What is beyond the bound decides nothing, or it would matter in which pieces it came.
        bytes = bytes[..Math.Min(bytes.Length, RequestBytesMax)];
        var method = Tokens.TokenLength(bytes);
        if (method > RequestLine.MethodBytesMax || method == 0) return Verdict.No;
        if (method == bytes.Length) return Verdict.Maybe;
        if (bytes[method] != ' ' || !IsMethod(bytes[..method], isTorn)) return Verdict.No;

        var end = bytes.IndexOf((byte)'\n');
        if (end < 0) return bytes.Length < RequestBytesMax ? Verdict.Maybe : Verdict.No;

        var line = bytes[(method + 1)..end].TrimEnd((byte)'\r');
        if (line.Length < 10 || !IsVersion(line[^9..])) return Verdict.No;

        return IsTarget(line[..^9], bytes[..method].SequenceEqual("CONNECT"u8)) ? Verdict.Yes : Verdict.No;
    }

    /// <summary>`HTTP/1.x NNN`, to the end of its line, and behind it a header field or the head's end.</summary>
    public static Verdict JudgeStatus(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, StatusBytesMax)];
        if (bytes.Length <= StatusBytes)
        {
            var shown = Math.Min(bytes.Length, StatusStart.Length);
            return bytes[..shown].SequenceEqual(StatusStart[..shown]) ? Verdict.Maybe : Verdict.No;
        }

        var isStatus = bytes.StartsWith(StatusStart) && char.IsAsciiDigit((char)bytes[7]) && bytes[8] == ' '
            && bytes[9] is >= (byte)'1' and <= (byte)'9'
            && !bytes[10..StatusBytes].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && bytes[StatusBytes] is (byte)' ' or (byte)'\r' or (byte)'\n';
        if (!isStatus) return Verdict.No;

        var end = bytes.IndexOf((byte)'\n');
        var rest = end < 0 ? default : bytes[(end + 1)..];
        if (rest is [(byte)'\n', ..] or [(byte)'\r', (byte)'\n', ..]) return Verdict.Yes;
        if (rest is [(byte)'\r', _, ..]) return Verdict.No;

        var name = Tokens.TokenLength(rest);
        var isOpen = name == rest.Length || rest is [(byte)'\r'];
        if (!isOpen) return name > 0 && rest[name] == ':' ? Verdict.Yes : Verdict.No;

        return bytes.Length < StatusBytesMax ? Verdict.Maybe : Verdict.No;
    }

    /// <summary>Methods of the IANA registry are capital letters, two of them with a hyphen, and so is what others
    /// made up.</summary>
    private static bool IsMethod(ReadOnlySpan<byte> method, bool isTorn)
    {
        if (isTorn) return IsWholeMethod(method);

        foreach (var letter in method)
        {
            if (letter is not (>= (byte)'A' and <= (byte)'Z' or (byte)'-')) return false;
        }

        return method.Length >= 3;
    }

    /// <summary>PATCH is how PROPPATCH ends, LOCK how UNLOCK does.</summary>
    private static bool IsWholeMethod(ReadOnlySpan<byte> method) =>
        Tokens.IsCoreMethod(method)
            ? !method.SequenceEqual("PATCH"u8)
            : method.SequenceEqual("PROPFIND"u8) || method.SequenceEqual("PROPPATCH"u8)
                || method.SequenceEqual("REPORT"u8) || method.SequenceEqual("MKCOL"u8);

    private static bool IsVersion(ReadOnlySpan<byte> text) =>
        text[0] == ' ' && text[1..8].SequenceEqual(StatusStart) && char.IsAsciiDigit((char)text[8]);

    /// <summary>The four forms of RFC 9112 section 3.2.</summary>
    private static bool IsTarget(ReadOnlySpan<byte> target, bool isConnect)
    {
        if (target.ContainsAny(" \t"u8)) return false;
        if (target[0] == '/' || target is [(byte)'*']) return true;
        if (isConnect) return target.LastIndexOf((byte)':') > 0;

        var scheme = target.IndexOf("://"u8);
        return scheme > 0 && char.IsAsciiLetter((char)target[0]) && Tokens.IsToken(target[..scheme]);
    }
}
