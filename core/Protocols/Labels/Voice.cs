namespace NetSniff.Protocols.Labels;

/// <summary>Calls: how they are arranged.</summary>
internal static class Voice
{
    /// <summary>RFC 3261 section 7: a request names `SIP/2.0` at the end of its first line, an answer at the start.
    /// </summary>
    public static bool IsSip(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (Wire.Has(bytes, 0, "SIP/2.0 "u8)) return bytes.Length > 11 && Words.IsDigits(bytes[8..11]);
        var line = Words.Line(bytes);
        return line.Length > 12 && line.EndsWith(" SIP/2.0"u8) && IsMethod(Words.First(line));
    }

    private static bool IsMethod(ReadOnlySpan<byte> word) =>
        word.Length is >= 3 and <= 16 && !word.ContainsAnyExceptInRange((byte)'A', (byte)'Z');

    /// <summary>RFC 2326 section 6, RFC 7826.</summary>
    public static bool IsRtsp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (Wire.Has(bytes, 0, "RTSP/"u8)) return bytes.Length > 8 && Wire.U8(bytes, 5) is '1' or '2'
            && bytes[6] == '.';
        var line = Words.Line(bytes);
        return (line.EndsWith(" RTSP/1.0"u8) || line.EndsWith(" RTSP/2.0"u8))
            && IsMethod(Words.First(line).TrimEnd("_"u8));
    }

    /// <summary>RFC 3435 section 3.2: verb, transaction, endpoint, `MGCP 1.0`; answers are numbers. Some end lines in
    /// CR alone.</summary>
    public static bool IsMgcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int LineBytesMax = 256;
        var line = bytes[..Math.Min(bytes.Length, LineBytesMax)];
        line = line[..Math.Max(0, line.IndexOfAny((byte)'\r', (byte)'\n'))];
        if (line.Length < 6 || !Words.IsPrintable(line)) return false;
        if (Words.IsReply(line)) return (hints.IsPort(2427) || hints.IsPort(2727)) && char.IsAsciiDigit((char)line[4]);
        return line[4] == ' ' && line.IndexOf(" MGCP "u8) > 5 && char.IsAsciiDigit((char)line[5]);
    }

    /// <summary>Cisco's skinny client control: length, version, and a message of the known ranges.</summary>
    public static bool IsSkinny(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 12;
        var length = Wire.U32Little(bytes, 0);
        return hints.IsPort(2000) && bytes.Length >= Size && length is >= 4 and < 4096 && length + 8 <= bytes.Length
            && Wire.U32Little(bytes, 4) <= 0x20 && Wire.U32Little(bytes, 8) <= 0x160;
    }

    /// <summary>H.225.0 in every version is {itu-t recommendation h 2250 0 n}.</summary>
    private static ReadOnlySpan<byte> H225 => [0x00, 0x08, 0x91, 0x4A, 0x00];

    /// <summary>H.225 call signalling: Q.931 in TPKT (protocol 8, a call reference of two bytes), and H.323's own
    /// user-to-user element.</summary>
    public static bool IsH323(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int IdentifierWithin = 768;
        if (Wire.U16(bytes, 0) != 0x0300 || !Wire.Has(bytes, 4, [8, 2])) return false;
        if (Wire.U16(bytes, 2) is not (>= 10 and var length) || length > bytes.Length) return false;
        return hints.IsPort(1720) || bytes[..Math.Min(bytes.Length, IdentifierWithin)].IndexOf(H225) > 0;
    }

    /// <summary>H.225 registration is packed too tightly to be known by more than its port and its identifier.
    /// </summary>
    public static bool IsH323Registration(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        (hints.IsPort(1719) || hints.IsPort(1718)) && bytes.Length > 6
        && (bytes[..Math.Min(bytes.Length, 32)].IndexOf(H225) > 0 || bytes[0] is 0x18 or 0x1E or 0x10 or 0x12);

    /// <summary>RFC 5456 section 8.1.1: full frames that control the call, their elements to the end.</summary>
    public static bool IsIax(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 12, Control = 6, SubclassLast = 0x28, ElementLast = 0x38;
        if (bytes.Length < Size || (bytes[0] & 0x80) == 0 || bytes[10] != Control
            || bytes[11] is 0 or > SubclassLast) return false;

        var at = Size;
        while (at + 2 <= bytes.Length)
        {
            if (bytes[at] is 0 or > ElementLast) return false;
            at += 2 + bytes[at + 1];
        }

        return at == bytes.Length && (at > Size || hints.IsPort(4569));
    }

    /// <summary>RTMP section 5.2: version 3, a time and four zeros before the noise.</summary>
    public static bool IsRtmp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        bytes.Length > 1024 && bytes[0] == 3 && (Wire.U32(bytes, 5) == 0 || hints.IsPort(1935))
            && bytes.Slice(9, 64).ContainsAnyExcept((byte)0);
}
