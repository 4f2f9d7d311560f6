namespace NetSniff.Protocols.Labels;

/// <summary>Databases and caches.</summary>
internal static class Databases
{
    /// <summary>RESP: a client sends arrays of strings; what a server says is short and shared with others, so only
    /// its errors count off the port.</summary>
    public static bool IsRedis(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var line = Words.Line(bytes);
        if (line.Length < 2) return false;
        var isPort = hints.IsPort(6379);
        if (line[0] == '*')
        {
            // `*1` CRLF `$4` CRLF `PING`
            if (isPort && line is [_, (byte)'-', ..]) return Words.IsDigits(line[2..]);
            if (!Words.IsDigits(line[1..]) || line.Length > 8 || bytes[line.Length] != '\r') return false;
            var next = bytes[(line.Length + 2)..];
            return isPort || (next.Length > 1 && next[0] == '$' && char.IsAsciiDigit((char)next[1]));
        }

        if (line[0] == '-')
        {
            return isPort || Words.Begin(line, "-NOAUTH "u8) || Words.Begin(line, "-WRONGPASS "u8)
                || Words.Begin(line, "-MOVED "u8) || Words.Begin(line, "-ERR unknown command"u8);
        }

        if (!isPort) return Words.Begin(line, "+PONG"u8) && line.Length == 5 && bytes[5] == '\r';
        if (line[0] is (byte)'$' or (byte)':') return Words.IsDigits(line[1..]) || Wire.Has(line, 1, "-1"u8);
        if (line[0] == '+') return !Words.Begin(line, "+OK "u8);

        // A command typed as a line.
        return direction == Direction.ToServer || hints.ClientPort == 6379;
    }

    /// <summary>The server greets with protocol 10 and its version; errors come instead of the greeting.</summary>
    public static bool IsMysql(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Greeting = 10, Failure = 255, VersionBytesMax = 64, Query = 3;
        if (bytes.Length < 6 || bytes[3] > 1) return false;
        var length = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
        var isWhole = length + 4 == bytes.Length;
        if (bytes[4] == Greeting && bytes[3] == 0)
        {
            var version = bytes[5..];
            var end = version[..Math.Min(version.Length, VersionBytesMax)].IndexOf((byte)0);

            // Thread, eight bytes of salt, a zero.
            return end > 2 && length + 4 <= bytes.Length && char.IsAsciiDigit((char)version[0])
                && Words.IsPrintable(version[..end]) && Wire.U8(version, end + 1 + 4 + 8) == 0;
        }

        if (!isWhole || !hints.IsPort(3306)) return false;
        if (bytes[4] == Failure) return Wire.U16Little(bytes, 5) is >= 1000 and < 5000;
        if (bytes[3] == 0) return bytes[4] == Query && Words.IsPrintable(bytes[5..Math.Min(bytes.Length, 32)]);

        // A login: packet 1, capabilities, largest packet, character set, 23 zeros.
        return length > 32 && Wire.IsZero(bytes, 4 + 9, 19);
    }

    /// <summary>PostgreSQL protocol 3, sections 53.2 and 53.7: a startup message has no type, the rest do.</summary>
    public static bool IsPgsql(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const long Cancel = 80877102, Tls = 80877103, Gss = 80877104, VersionThree = 3 << 16;
        var first = Wire.U32(bytes, 0);
        if (first < 0) return false;
        var code = Wire.U32(bytes, 4);
        if (first == 8) return code is Tls or Gss;
        if (first == 16) return code == Cancel;
        if (code is VersionThree or VersionThree + 2)
        {
            return first is > 8 and < 10_000 && first <= bytes.Length && (Wire.Has(bytes, 8, "user\0"u8)
                || bytes[(int)first - 1] == 0)
                && Words.IsPrintable(bytes.Slice(8, 4));
        }

        var length = Wire.U32(bytes, 1);
        switch (bytes[0])
        {
            case (byte)'R':
                var method = Wire.U32(bytes, 5);
                if (length is < 8 or > 256 || method is < 0 or > 12) return false;
                return length + 1 == bytes.Length || Wire.U8(bytes, (int)length + 1) is 'S' or 'K' or 'N';
            case (byte)'Q':
                return hints.IsPort(5432) && length + 1 == bytes.Length && bytes[^1] == 0;
            case (byte)'E':
                return Wire.Has(bytes, 5, "SFATAL\0"u8) || Wire.Has(bytes, 5, "SERROR\0"u8);
            case (byte)'P':
                return hints.IsPort(5432) && length is > 4 and < 100_000
                    && Wire.U8(bytes, (int)length + 1) is 'B' or 'D' or 'S';
            default:
                return false;
        }
    }

    /// <summary>A header of four little-endian numbers: length, request, response to, operation.</summary>
    public static bool IsMongo(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 16, LengthMax = 48_000_000, Reply = 1, Query = 2004, Compressed = 2012, Message = 2013;
        var length = Wire.U32Little(bytes, 0);
        if (length is < Size + 5 or > LengthMax || bytes.Length < Size + 5) return false;
        if (bytes.Length > length && !hints.IsPort(27017)) return false;
        switch (Wire.U32Little(bytes, 12))
        {
            case Message:
                return (Wire.U32Little(bytes, 16) & 0xFFFC) == 0 && bytes[20] <= 1;
            case Query:
                return Wire.U32Little(bytes, 8) == 0 && bytes[20..].IndexOf((byte)0) is > 2 and < 128;
            case Reply:
                return Wire.U32Little(bytes, 8) != 0 && Wire.U32Little(bytes, 16) < 16
                    && (length == bytes.Length || hints.IsPort(27017));
            case 1000 or 2001 or 2002 or 2005 or 2006 or 2007 or 2010 or 2011:
                return Wire.U32Little(bytes, 8) == 0 || hints.IsPort(27017);
            case Compressed:
                return Wire.U32Little(bytes, 16) is 1 or Query or Message;
            default:
                return false;
        }
    }

    /// <summary>Native protocol (versions 1 to 5): a header of nine bytes, eight in the first two; or the magic of
    /// the storage port.</summary>
    public static bool IsCassandra(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const uint Internode = 0xCA552DFA;
        if (Wire.U32(bytes, 0) == Internode) return true;
        if (bytes.Length < 8) return false;
        var version = bytes[0] & 0x7F;
        if (version is < 1 or > 5 || bytes[1] > 0x1F) return false;
        var size = version < 3 ? 8 : 9;
        if (Wire.U32(bytes, size - 4) + size != bytes.Length) return false;

        const int Failure = 0, Startup = 1, Ready = 2, Authenticate = 3, Options = 5, Supported = 6;
        var operation = bytes[size - 5];
        var body = bytes[size..];
        if ((bytes[0] & 0x80) == 0)
        {
            return operation switch
            {
                Startup => Wire.U16(body, 0) is >= 1 and < 16 && Wire.U16(body, 2) is > 0 and < 64,
                Options => body.IsEmpty && bytes[1] is 0 or 0x10,
                _ => hints.IsPort(9042) && operation is 7 or 9 or 10 or 11 or 13 or 15,
            };
        }

        return operation switch
        {
            Supported => Wire.U16(body, 0) is >= 1 and < 64 && Wire.U16(body, 2) is > 0 and < 64,
            Ready => body.IsEmpty,
            Authenticate => Wire.U16(body, 0) + 2 == body.Length,
            Failure => Wire.U16(body, 4) + 6 <= body.Length && hints.IsPort(9042),
            _ => hints.IsPort(9042) && operation is 8 or 12 or 14 or 16,
        };
    }

    /// <summary>MS-TDS section 2.2.3.1: type, status, length, process, number, window.</summary>
    public static bool IsTds(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 8, Batch = 1, OldLogin = 2, Answer = 4, Bulk = 7, Login7 = 16, Prelogin = 18;
        const int Terminator = 0xFF;
        if (bytes.Length < Size + 4 || bytes[1] > 0x1F || bytes[7] != 0) return false;
        var length = Wire.U16(bytes, 2);
        if (length <= Size) return false;
        var isWhole = length == bytes.Length;
        var isPort = hints.IsPort(1433) || hints.IsPort(1434);
        switch (bytes[0])
        {
            case Prelogin:
                // The first option is the version; its contents lie behind the option list.
                return isWhole && bytes[Size] == 0 && Wire.U16(bytes, Size + 1) is >= 6 and < 128
                    && bytes[Size..].Contains((byte)Terminator);
            case Login7:
                return Wire.U32Little(bytes, Size) is > 90 and < 65_536
                    && (bytes[Size + 7] is 0x70 or 0x71 or 0x72 or 0x73 or 0x74);
            case OldLogin:
                // TDS 5: host name of thirty bytes and its length.
                return length == 512 && bytes.Length > Size + 31 && bytes[Size + 30] <= 30
                    && Words.IsPrintable(bytes.Slice(Size, bytes[Size + 30]));
            case Batch or Answer or Bulk or 3 or 14:
                return isPort && isWhole;
            default:
                return false;
        }
    }

    /// <summary>Oracle's TNS: length, checksum, type; a connect says to what in brackets.</summary>
    public static bool IsOracle(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 8, Connect = 1, Accept = 2, Refuse = 4, Redirect = 5, Resend = 11;
        if (bytes.Length < Size || Wire.U16(bytes, 0) != bytes.Length || Wire.U16(bytes, 2) != 0) return false;
        if (Wire.U16(bytes, 6) != 0) return false;
        return bytes[4] switch
        {
            Connect => Wire.U16(bytes, 8) is >= 0x0100 and < 0x0200 && bytes.IndexOf("(DESCRIPTION="u8) > 0,
            Accept => Wire.U16(bytes, 8) is >= 0x0100 and < 0x0200 && bytes.Length >= 24,
            Refuse or Redirect => bytes.IndexOf("(DESCRIPTION="u8) > 0,
            Resend => bytes.Length == Size && bytes[5] <= 8 && (hints.IsPort(1521) || bytes[5] == 0),
            _ => false,
        };
    }

    /// <summary>memcached: lines or, since 1.4, a header of 24 bytes; over UDP with a header of eight before either.
    /// </summary>
    public static bool IsMemcached(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 24, Request = 0x80, OperationLast = 0x4B, KeyBytesMax = 250;
        if (bytes.Length >= Size && bytes[0] is Request or Request + 1)
        {
            var key = Wire.U16(bytes, 2);
            var body = Wire.U32(bytes, 8);
            return bytes[1] <= OperationLast && key <= KeyBytesMax && bytes[4] <= 64 && bytes[5] == 0
                && key + bytes[4] <= body && (bytes[0] == Request || Wire.U16(bytes, 6) < 0x100)
                && (Size + body == bytes.Length || (body < KeyBytesMax
                    && Wire.U8(bytes, Size + (int)body) == bytes[0]));
        }

        var line = Words.Line(bytes);
        if (line.Length < 5 || bytes[line.Length] != '\r') return false;
        var blanks = line.Count((byte)' ');
        if (line[0] is >= (byte)'A' and <= (byte)'Z')
        {
            if (Words.Begin(line, "STAT pid "u8) || Words.Begin(line, "SERVER_ERROR "u8)
                || Words.Begin(line, "CLIENT_ERROR "u8)) return true;
            if (Wire.Has(line, 0, "VALUE "u8)) return blanks is 3 or 4 && char.IsAsciiDigit((char)line[^1]);
            return hints.IsPort(11211) && line.Length < 16
                && (Wire.Has(line, 0, "STORED"u8) || Wire.Has(line, 0, "NOT_FOUND"u8) || Wire.Has(line, 0, "STAT "u8));
        }

        if (Wire.Has(line, 0, "set "u8) || Wire.Has(line, 0, "add "u8) || Wire.Has(line, 0, "replace "u8))
        {
            return blanks is 4 or 5 && char.IsAsciiLetterOrDigit((char)line[^1]);
        }

        return hints.IsPort(11211)
            ? Wire.Has(line, 0, "get "u8) || Wire.Has(line, 0, "gets "u8) || Wire.Has(line, 0, "stats"u8)
                || Wire.Has(line, 0, "version"u8) || Wire.Has(line, 0, "delete "u8) || Wire.Has(line, 0, "incr "u8)
            : line.Length == 5 && Wire.Has(line, 0, "stats"u8);
    }

    /// <summary>Request number, which piece of how many, zero; then a line.</summary>
    public static bool IsMemcachedUdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 8;
        if (bytes.Length < Size + 5 || Wire.U16(bytes, 6) != 0) return false;
        var pieces = Wire.U16(bytes, 4);
        if (pieces == 0 || Wire.U16(bytes, 2) >= pieces) return false;
        return IsMemcached(bytes[Size..], direction, hints);
    }

    /// <summary>Elasticsearch's transport between nodes: `ES` and a length.</summary>
    public static bool IsElasticsearch(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var length = Wire.U32(bytes, 2);
        return Wire.Has(bytes, 0, "ES"u8) && (length is >= 13 and < Wire.MessageBytesMax && Wire.U16(bytes, 6) <= 0x7F
            && bytes.Length >= 19 && length + 6 <= Math.Max(bytes.Length, 65_536) || (length == 0xFFFFFFFF
                && bytes.Length == 6));
    }
}
