namespace NetSniff.Protocols.Labels;

/// <summary>People talking in text.</summary>
internal static class Chat
{
    private const int LinesMax = 4;

    /// <summary>RFC 2812: registration takes NICK and USER, the server begins with notices under its own name.
    /// </summary>
    public static bool IsIrc(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var isPort = hints.IsPort(194) || hints.ServerPort is >= 6660 and <= 6669 or 7000;
        var rest = bytes;
        for (var count = 0; count < LinesMax; count++)
        {
            var line = Words.Line(rest);
            if (line.Length < 4) return false;
            if (IsSurely(line) || (isPort && IsPlausible(line))) return true;
            if (!Words.Begin(line, "CAP LS"u8) && !Words.Begin(line, "PASS "u8)
                && !Words.Begin(line, "NICK "u8)) return false;

            rest = rest[(rest.IndexOf((byte)'\n') + 1)..];
        }

        return false;
    }

    private static bool IsSurely(ReadOnlySpan<byte> line)
    {
        if (Words.Begin(line, "NOTICE AUTH :"u8) || Words.Begin(line, "NOTICE * :*** "u8)) return true;
        if (Words.Begin(line, "USER "u8)) return Blanks(line) >= 4 && line.IndexOf(" :"u8) > 0;
        if (Words.Begin(line, "CAP LS 30"u8)) return true;
        if (line[0] != ':') return false;

        // `:irc.example.net 001 nick :Welcome`, `:irc.example.net NOTICE * :...`
        var command = line[Math.Min(line.Length, Words.First(line).Length + 1)..];
        if (Words.Begin(command, "NOTICE "u8) || Words.Begin(command, "PRIVMSG "u8)
            || Words.Begin(command, "JOIN "u8)) return true;
        return command.Length > 4 && Words.IsDigits(command[..3]) && command[3] == ' ' && command.IndexOf(" :"u8) > 0;
    }

    private static bool IsPlausible(ReadOnlySpan<byte> line) =>
        Words.Begin(line, "NICK "u8) || Words.Begin(line, "PING "u8) || Words.Begin(line, "PONG "u8)
        || Words.Begin(line, "PRIVMSG "u8) || Words.Begin(line, "JOIN #"u8) || Words.Begin(line, "USER "u8);

    private static int Blanks(ReadOnlySpan<byte> line) => line.Count((byte)' ');

    /// <summary>RFC 6120 section 4.2: both sides open a stream.</summary>
    public static bool IsXmpp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var start = bytes[..Math.Min(bytes.Length, 256)];
        if (Words.Begin(start, "<?xml"u8))
        {
            var end = start.IndexOf("?>"u8);
            if (end < 0) return false;
            start = start[(end + 2)..].TrimStart(" \r\n\t"u8);
        }

        return Words.Begin(start, "<stream:stream "u8) || Words.Begin(start, "<stream:features"u8)
            || Words.Begin(start, "</stream:stream>"u8)
            || (Words.Begin(start, "<open "u8) && start.IndexOf("xmpp-framing"u8) > 0)
            || (hints.IsPort(5222) && (Words.Begin(start, "<iq "u8) || Words.Begin(start, "<message "u8)
                || Words.Begin(start, "<presence"u8)));
    }
}
