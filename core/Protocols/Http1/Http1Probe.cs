namespace NetSniff.Protocols.Http1;

/// <summary>Tells HTTP/1 by its first line, whichever side says it and on whatever port.</summary>
/// <remarks>RTSP, SIP, ICAP and ICY have the same shape but another name where the version stands; NATS and Redis have
/// commands that are HTTP methods but no version.</remarks>
internal static class Http1Probe
{
    /// <summary>A first line longer than this is waited for no more.</summary>
    private const int LineBytesMax = 16 * 1024;

    /// <summary>So much of a target, and the line is believed before its version was seen.</summary>
    private const int TargetBytesEnough = 64;

    public static Verdict Judge(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        bytes = bytes.TrimStart(" \t\r\n"u8);
        if (bytes.IsEmpty) return Verdict.Maybe;

        var isStatus = Tokens.MayStartWithHttp(bytes);
        var verdict = !isStatus ? JudgeRequest(bytes, hints)
            : !hints.IsBehind ? JudgeVersion(bytes) : Landmark.JudgeStatus(bytes);
        var isReversed = isStatus == (direction == Direction.ToServer);
        return verdict == Verdict.Yes && isReversed ? Verdict.YesReversed : verdict;
    }

    /// <summary>What a client says that waits for an upgrade is HTTP all the same.</summary>
    public static bool IsRequestLine(ReadOnlySpan<byte> bytes) =>
        Landmark.JudgeRequest(bytes.TrimStart(" \t\r\n"u8), isTorn: false) == Verdict.Yes;

    private static Verdict JudgeVersion(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 9) return Verdict.Maybe;

        var isVersion = char.IsAsciiDigit((char)bytes[5])
            && (bytes[6] == ' ' || (bytes[6] == '.' && char.IsAsciiDigit((char)bytes[7])));
        return isVersion ? Verdict.Yes : Verdict.No;
    }

    private static Verdict JudgeRequest(ReadOnlySpan<byte> bytes, ProbeHints hints)
    {
        var method = Tokens.TokenLength(bytes);
        if (method > RequestLine.MethodBytesMax || method == 0) return Verdict.No;
        if (method == bytes.Length) return Verdict.Maybe;
        if (bytes[method] is not ((byte)' ' or (byte)'\t')) return Verdict.No;

        var isCore = Tokens.IsCoreMethod(bytes[..method]);
        var target = bytes[method..].TrimStart(" \t"u8);
        var isPath = isCore && (target is [(byte)'/', ..] || target.StartsWith("http://"u8));
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            if (isPath && (IsUsualPort(hints) || IsPlainText(target))) return Verdict.Yes;
            return bytes.Length < (isCore ? LineBytesMax : LineBytesMax / 8) ? Verdict.Maybe : Verdict.No;
        }

        if (hints.IsBehind || !(hints.IsFromStart || isCore)) return Landmark.JudgeRequest(bytes, isTorn: true);

        var line = RequestLine.Read(bytes[..end]);
        if (line.HasVersion)
        {
            // `PRI * HTTP/2.0` is the preface of another protocol.
            return line.IsSound && (line.Version[0] is (byte)'0' or (byte)'1' || isPath) ? Verdict.Yes : Verdict.No;
        }

        return isPath && (IsUsualPort(hints) || HasHeader(bytes[(end + 1)..])) ? Verdict.Yes : Verdict.No;
    }

    private static bool IsUsualPort(ProbeHints hints)
    {
        foreach (var port in Http1Parser.Info.Ports)
        {
            if (hints.IsPort(port)) return true;
        }

        return false;
    }

    private static bool IsPlainText(ReadOnlySpan<byte> target) =>
        target.Length >= TargetBytesEnough
        && !target[..TargetBytesEnough].ContainsAnyExceptInRange((byte)'!', (byte)'~');

    /// <summary>A field such as no other protocol has in its second line.</summary>
    private static bool HasHeader(ReadOnlySpan<byte> rest)
    {
        var name = Tokens.TokenLength(rest);
        return name > 0 && name < rest.Length - 1 && rest[name] == ':' && rest[name + 1] == ' ';
    }
}
