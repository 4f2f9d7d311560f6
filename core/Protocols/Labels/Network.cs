namespace NetSniff.Protocols.Labels;

/// <summary>What keeps networks together: addresses, time, neighbours.</summary>
internal static class Network
{
    /// <summary>RFC 2131 section 2: the options' cookie; BOOTP without it needs its ports.</summary>
    public static bool IsDhcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 236;
        if (bytes.Length < Size || bytes[0] is not (1 or 2) || bytes[2] > 16) return false;
        return Wire.U32(bytes, Size) == 0x63825363 || hints.IsPort(67) || hints.IsPort(68);
    }

    /// <summary>RFC 8415 section 8, on its ports: a kind, and options to the end.</summary>
    public static bool IsDhcpv6(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int KindLast = 36, RelayForward = 12, RelayReply = 13, OptionLast = 1000;
        if (!(hints.IsPort(546) || hints.IsPort(547)) || bytes.Length < 8 || bytes[0] is 0 or > KindLast) return false;
        var at = bytes[0] is RelayForward or RelayReply ? 34 : 4;
        return Wire.U16(bytes, at) is > 0 and < OptionLast && at + 4 + Wire.U16(bytes, at + 2) <= bytes.Length;
    }

    /// <summary>RFC 3416 section 3, RFC 3412 section 6: version, then a community or a header of its own.</summary>
    public static bool IsSnmp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Sequence = 0x30, Text = 4, VersionThree = 3;
        if (!Wire.TryBer(bytes, 0, Sequence, out var at, out _)) return false;

        // Some write the number zero-padded.
        if (Wire.U8(bytes, at) != 2 || Wire.U8(bytes, at + 1) is not (1 or 2 or 4)) return false;
        var size = bytes[at + 1];
        var version = Wire.U8(bytes, at + 1 + size);
        at += 2 + size;
        if (version == VersionThree)
        {
            return Wire.TryBer(bytes, at, Sequence, out at, out _) && Wire.U8(bytes, at) == 2;
        }

        if (version is not (0 or 1 or 2) || !Wire.TryBer(bytes, at, Text, out at, out var community)) return false;
        var kind = Wire.U8(bytes, at + community);
        return kind is >= 0xA0 and <= 0xA8 || (kind < 0 && hints.IsPort(161));
    }

    /// <summary>UPnP device architecture 1.1, section 1: HTTP's form, spoken to a group.</summary>
    public static bool IsSsdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (Wire.Has(bytes, 0, "M-SEARCH * HTTP/1."u8)) return true;
        if (Wire.Has(bytes, 0, "NOTIFY * HTTP/1."u8)) return true;
        return Wire.Has(bytes, 0, "HTTP/1."u8) && Wire.Has(bytes, 8, " 200"u8)
            && (hints.IsPort(1900) || Words.Contain(bytes[..Math.Min(bytes.Length, 512)], "\nUSN:"u8));
    }

    /// <summary>Web Services Dynamic Discovery 1.1: SOAP over UDP.</summary>
    public static bool IsWsd(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.IsPort(3702) && (Wire.Has(bytes, 0, "<?xml"u8) || Wire.Has(bytes, 0, "<soap"u8)
            || Wire.Has(bytes, 0, "<s:E"u8));

    /// <summary>RFC 3164 section 4.1, RFC 5424 section 6: a priority up to 191, then a version or a date, or just
    /// text on the port.</summary>
    public static bool IsSyslog(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (bytes.Length < 6 || bytes[0] != '<') return false;
        var end = bytes[..5].IndexOf((byte)'>');
        if (end < 2 || !Words.IsDigits(bytes[1..end])) return false;
        var priority = 0;
        foreach (var digit in bytes[1..end]) priority = (priority * 10) + digit - '0';
        if (priority > 191) return false;

        var rest = bytes[(end + 1)..];
        if (Wire.Has(rest, 0, "1 "u8)) return rest.Length > 8 && (char.IsAsciiDigit((char)rest[2]) || rest[2] == '-');
        if (rest.Length > 15 && IsMonth(rest) && rest[3] == ' ' && rest[6] == ' ' && rest[9] == ':') return true;
        return hints.IsPort(514) && Words.IsPrintable(rest[..Math.Min(rest.Length, 8)]);
    }

    private static bool IsMonth(ReadOnlySpan<byte> bytes) =>
        "JanFebMarAprMayJunJulAugSepOctNovDec"u8.IndexOf(bytes[..3]) is >= 0 and var at && at % 3 == 0;

    /// <summary>NetFlow 5 and 9 (RFC 3954), IPFIX (RFC 7011): a version, and counts that fit the length.</summary>
    public static bool IsNetflow(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int RecordMax = 30;
        var isPort = hints.IsPort(2055) || hints.IsPort(4739) || hints.IsPort(9995) || hints.IsPort(9996);
        var count = Wire.U16(bytes, 2);
        switch (Wire.U16(bytes, 0))
        {
            case 1:
                return isPort && count is > 0 and <= RecordMax && bytes.Length == 16 + (count * 52);
            case 5:
                return count is > 0 and <= RecordMax && (bytes.Length == 24 + (count * 48) || (isPort
                    && bytes.Length > 24));
            case 7:
                return count is > 0 and <= RecordMax && bytes.Length == 24 + (count * 52);
            case 9:
                return isPort && count > 0 && bytes.Length > 24 && (Wire.U16(bytes, 20) is 0 or 1 or > 255)
                    && Wire.U16(bytes, 22) is >= 4 and var flowSet && flowSet + 20 <= bytes.Length;
            case 10:
                return count == bytes.Length && bytes.Length > 20 && Wire.U16(bytes, 16) is 2 or 3 or > 255
                    && Wire.U16(bytes, 18) is >= 4 and var set && set + 16 <= bytes.Length && (isPort
                        || set + 16 == bytes.Length);
            default:
                return false;
        }
    }

    /// <summary>sFlow 5: version, kind of address.</summary>
    public static bool IsSflow(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.U32(bytes, 0) is 5 or 4 or 2 && Wire.U32(bytes, 4) is 1 or 2 && hints.IsPort(6343) && bytes.Length >= 24;

    /// <summary>RFC 5880 section 4.1: version 1, a length and a multiplier; ports of RFC 5881 and RFC 5883.</summary>
    public static bool IsBfd(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (hints.IsPort(3785)) return bytes.Length >= 8;
        return (hints.IsPort(3784) || hints.IsPort(4784) || hints.IsPort(7784)) && bytes.Length >= 24
            && bytes[0] >> 5 is 0 or 1
            && bytes[2] > 0 && bytes[3] >= 24;
    }

    /// <summary>RFC 4271 section 4.1: sixteen bytes of ones, length, kind.</summary>
    public static bool IsBgp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        bytes.Length >= 19 && !bytes[..16].ContainsAnyExcept((byte)0xFF) && Wire.U16(bytes, 16) is >= 19 and <= 4096
        && bytes[18] is >= 1 and <= 5;

    /// <summary>RFC 5036 section 3.1: version 1, a length, the speaker, and a first message that fits.</summary>
    public static bool IsLdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.IsPort(646) && Wire.U16(bytes, 0) == 1 && Wire.U16(bytes, 2) is >= 14 and var length
            && length + 4 <= bytes.Length
        && Wire.U16(bytes, 12) is >= 4 and var first && first <= length;

    /// <summary>RFC 2453 section 4: command, version, entries of twenty bytes.</summary>
    public static bool IsRip(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.IsPort(520) && bytes.Length >= 24 && bytes[0] is >= 1 and <= 6 && bytes[1] is 1 or 2
            && (bytes.Length - 4) % 20 == 0;

    /// <summary>RFC 2281 section 5.1; version 2 is made of elements.</summary>
    public static bool IsHsrp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.IsPort(1985) && bytes.Length >= 14 && ((bytes[0] == 0 && bytes[1] <= 3 && bytes.Length >= 20)
            || Wire.Has(bytes, 0, [1, 40, 2])
            || Wire.Has(bytes, 0, [2, 4, 0]));

    /// <summary>IEEE 1588 section 13.3: kind, version, length.</summary>
    public static bool IsPtp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        (hints.IsPort(319) || hints.IsPort(320)) && bytes.Length >= 34 && (bytes[1] & 15) is 1 or 2
        && ((bytes[1] & 15) == 1 || Wire.U16(bytes, 2) is >= 34 and var length && length <= bytes.Length);

    /// <summary>OpenFlow switch specification, section 7.1: version, kind, length; messages to the last byte.</summary>
    public static bool IsOpenflow(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 8, VersionLast = 6, KindLast = 35;
        if (bytes.Length < Size || bytes[0] is 0 or > VersionLast) return false;
        var version = bytes[0];
        var at = 0;
        var count = 0;
        while (at + Size <= bytes.Length && count < 8)
        {
            var length = Wire.U16(bytes, at + 2);
            if (bytes[at] != version || bytes[at + 1] > KindLast || length < Size) return false;
            at += length;
            count++;
        }

        if (hints.IsPort(6633) || hints.IsPort(6653)) return count > 0;

        // Off the port, what a connection begins with: a hello, bare or with its versions; features asked for.
        var isHello = bytes[1] == 0 && (Wire.U16(bytes, 2) == Size || (version >= 4
            && Wire.U32(bytes, 8) == 0x00010008));
        return at == bytes.Length && (isHello || (bytes[1] == 5 && Wire.U16(bytes, 2) == Size));
    }
}
