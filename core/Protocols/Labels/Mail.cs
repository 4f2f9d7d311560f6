namespace NetSniff.Protocols.Labels;

/// <summary>Mail and news: greetings, and the first command of a client.</summary>
internal static class Mail
{
    /// <summary>RFC 5321. A greeting says SMTP or comes from a port of mail; a client says who it is.</summary>
    public static bool IsSmtp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var line = Words.Line(bytes);
        if (line.Length < 4) return false;
        var isPort = hints.IsPort(25) || hints.IsPort(587) || hints.IsPort(2525);
        if (Words.IsReply(line))
        {
            if (isPort) return line[0] is (byte)'2' or (byte)'4' or (byte)'5';
            return Words.Begin(line, "220"u8) && Words.Contain(line, "SMTP"u8) && !Words.Contain(line, "FTP"u8);
        }

        if (Words.Begin(line, "MAIL FROM:"u8) || Words.Begin(line, "RCPT TO:"u8)) return true;
        if (Words.Begin(line, "EHLO"u8) || Words.Begin(line, "HELO"u8)) return line.Length > 5 && line[4] == ' '
            || isPort;
        return isPort && (Words.Begin(line, "STARTTLS"u8) || Words.Begin(line, "AUTH "u8) || Words.Begin(line, "QUIT"u8)
            || Words.Begin(line, "NOOP"u8) || Words.Begin(line, "RSET"u8));
    }

    /// <summary>RFC 1939, RFC 2449.</summary>
    public static bool IsPop3(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var line = Words.Line(bytes);
        if (line.Length < 3) return false;
        var isPort = hints.IsPort(110);
        if (Words.Begin(line, "+OK"u8))
        {
            return (line.Length == 3 || line[3] == ' ')
                && (isPort || Words.Contain(line, "POP3"u8) || (line.Contains((byte)'<') && line[^1] == '>'));
        }

        if (Words.Begin(line, "-ERR"u8)) return isPort;
        if (line is [(byte)'C' or (byte)'c', _, _, _] && Words.Begin(line, "CAPA"u8)) return true;
        if (Words.Begin(line, "APOP "u8)) return true;
        return isPort && (Words.Begin(line, "USER "u8) || Words.Begin(line, "AUTH"u8) || Words.Begin(line, "STLS"u8)
            || Words.Begin(line, "QUIT"u8) || Words.Begin(line, "STAT"u8) || Words.Begin(line, "PASS "u8));
    }

    /// <summary>RFC 9051 section 7.1 (greetings), section 6.1 (what a client may say first).</summary>
    public static bool IsImap(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int TagBytesMax = 16;
        var line = Words.Line(bytes);
        if (line.Length < 5) return false;
        var isPort = hints.IsPort(143);
        if (line[0] == '*')
        {
            return Words.Begin(line, "* OK"u8) || Words.Begin(line, "* BYE"u8) || Words.Begin(line, "* PREAUTH"u8)
                ? isPort || Words.Contain(line, "IMAP"u8)
                : Words.Begin(line, "* CAPABILITY IMAP"u8);
        }

        var tag = Words.First(line);
        if (tag.Length is 0 or > TagBytesMax || tag.Length + 3 > line.Length
            || !char.IsAsciiLetterOrDigit((char)tag[^1])) return false;

        var command = line[(tag.Length + 1)..];
        if (Words.Begin(command, "CAPABILITY"u8)) return command.Length == 10;
        return Words.Begin(command, "AUTHENTICATE "u8) || (Words.Begin(command, "STARTTLS"u8) && command.Length == 8)
            || (Words.Begin(command, "LOGIN "u8) && command[6..].Contains((byte)' '))
            || (isPort && (Words.Begin(command, "OK "u8) || Words.Begin(command, "NOOP"u8)
                || Words.Begin(command, "SELECT "u8) || Words.Begin(command, "ID "u8)));
    }

    /// <summary>RFC 3977 section 5.1.</summary>
    public static bool IsNntp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var line = Words.Line(bytes);
        if (line.Length < 4) return false;
        if (Words.Begin(line, "200 "u8) || Words.Begin(line, "201 "u8))
        {
            return hints.IsPort(119) || Words.Contain(line, "NNTP"u8) || Words.Contain(line, "InterNetNews"u8);
        }

        return Words.Begin(line, "MODE READER"u8) && line.Length == 11;
    }
}
