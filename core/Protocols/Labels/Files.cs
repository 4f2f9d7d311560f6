namespace NetSniff.Protocols.Labels;

/// <summary>Files, shares and repositories.</summary>
internal static class Files
{
    /// <summary>RFC 959. The greeting is SMTP's as well, so it must say FTP or come from the port.</summary>
    public static bool IsFtp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var line = Words.Line(bytes);
        if (line.Length < 4) return false;
        var isPort = hints.IsPort(21);
        if (Words.IsReply(line))
        {
            if (isPort) return line[0] is >= (byte)'1' and <= (byte)'5';
            if (Words.Begin(line, "227 Entering Passive"u8)
                || Words.Begin(line, "229 Entering Extended"u8)) return true;
            return Words.Begin(line, "220"u8) && Words.Contain(bytes[..Math.Min(bytes.Length, 256)], "FTP"u8);
        }

        if (Words.Begin(line, "AUTH TLS"u8) || Words.Begin(line, "AUTH SSL"u8)) return line.Length == 8;
        if (Words.Begin(line, "PASV"u8) || Words.Begin(line, "EPSV"u8) || Words.Begin(line, "FEAT"u8)
            || Words.Begin(line, "SYST"u8)) return line.Length == 4;
        if (Words.Begin(line, "PORT "u8)) return line.Count((byte)',') == 5;
        return isPort && (Words.Begin(line, "USER "u8) || Words.Begin(line, "PASS "u8) || Words.Begin(line, "QUIT"u8)
            || Words.Begin(line, "RETR "u8) || Words.Begin(line, "STOR "u8) || Words.Begin(line, "CWD "u8)
            || Words.Begin(line, "LIST"u8) || Words.Begin(line, "TYPE "u8) || Words.Begin(line, "EPRT "u8));
    }

    /// <summary>RFC 1350: requests name a mode; the transfer itself moves to other ports and counts blocks from 1.
    /// </summary>
    public static bool IsTftp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Read = 1, Write = 2, Data = 3, Failure = 5, Options = 6, BlockBytes = 512, NameBytesMax = 256;
        var code = Wire.U16(bytes, 0);
        if (code == Data) return Wire.U16(bytes, 2) == 1 && bytes.Length == 4 + BlockBytes;
        if (code == Failure)
        {
            return hints.IsPort(69) && Wire.U16(bytes, 2) <= 8 && bytes.Length > 4 && bytes[^1] == 0
                && Words.IsPrintable(bytes[4..^1]);
        }

        if (code is not (Read or Write or Options) || bytes.Length < 8) return false;
        var name = bytes[2..].IndexOf((byte)0);
        if (name is < 1 or > NameBytesMax || !Words.IsPrintable(bytes.Slice(2, name))) return false;

        var rest = bytes[(2 + name + 1)..];
        if (code != Options)
        {
            return Words.Begin(rest, "octet\0"u8) || Words.Begin(rest, "netascii\0"u8) || Words.Begin(rest, "mail\0"u8);
        }

        var option = bytes.Slice(2, name);
        return rest.Length > 1 && rest[^1] == 0 && (Words.Begin(option, "blksize"u8) || Words.Begin(option, "tsize"u8)
            || Words.Begin(option, "timeout"u8) || Words.Begin(option, "windowsize"u8));
    }

    /// <summary>A line with its length in four hexadecimal digits (gitprotocol-pack).</summary>
    public static bool IsGit(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        bytes.Length > 12 && IsHex(bytes[..4]) && (Wire.Has(bytes, 4, "git-upload-"u8)
            || Wire.Has(bytes, 4, "git-receive-"u8));

    private static bool IsHex(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (!char.IsAsciiHexDigit((char)value)) return false;
        }

        return true;
    }

    /// <summary>The ra_svn greeting: `( success ( 2 2 ...`, answered by `( 2 ( capabilities ) url`.</summary>
    public static bool IsSvn(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "( success ( "u8)
        || (Wire.Has(bytes, 0, "( 2 ( "u8) && bytes[..Math.Min(bytes.Length, 256)].IndexOf(":svn"u8) > 0);

    public static bool IsRsync(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "@RSYNCD: "u8) && char.IsAsciiDigit((char)Math.Max(0, Wire.U8(bytes, 9)));
}
