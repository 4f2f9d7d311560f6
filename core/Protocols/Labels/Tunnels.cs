namespace NetSniff.Protocols.Labels;

/// <summary>Tunnels and proxies whose inside was not opened.</summary>
internal static class Tunnels
{
    /// <summary>WireGuard's paper, section 5.4: three kinds have one length each, the fourth is padded to sixteen.
    /// </summary>
    public static bool IsWireguard(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (bytes.Length < 32 || Wire.U24(bytes, 1) != 0) return false;
        return bytes[0] switch
        {
            1 => bytes.Length == 148,
            2 => bytes.Length == 92,
            3 => bytes.Length == 64,
            4 => (bytes.Length & 15) == 0 && Wire.U32(bytes, 12) == 0,
            _ => false,
        };
    }

    private const int ResetClient1 = 1, ResetServer1 = 2, ResetClient2 = 7, ResetServer2 = 8, ResetClient3 = 10;

    /// <summary>OpenVPN begins with a reset: kind and key, a session, perhaps a seal, numbers.</summary>
    public static bool IsOpenvpn(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 14, SealMin = 24, SealMax = 72, ReplySize = 12;
        if (bytes.Length < Size || (bytes[0] & 7) != 0) return false;
        var kind = bytes[0] >> 3;
        var isPort = hints.IsPort(1194);
        var rest = bytes.Length - Size;
        switch (kind)
        {
            case ResetClient1 or ResetClient2:
                // Nothing acknowledged, number 0; with a seal those may be encrypted, after a number of its own.
                if (rest == 0) return Wire.IsZero(bytes, 9, 5);
                return rest is >= SealMin and <= SealMax && (isPort || IsSealed(bytes, rest));
            case ResetServer1 or ResetServer2:
                if (rest == ReplySize) return bytes[9] == 1 && Wire.U32(bytes, 10) == 0;
                return isPort && rest is >= SealMin and <= SealMax + ReplySize;
            case ResetClient3:
                return isPort && rest > SealMin;
            default:
                return false;
        }
    }

    /// <summary>A seal of 16, 20, 32 or 64 bytes, a number that starts at 1 and a time; or, encrypted, number and time
    /// first.</summary>
    private static bool IsSealed(ReadOnlySpan<byte> bytes, int rest) =>
        rest is 24 or 28 or 40 or 72 && (Wire.U32(bytes, 1 + 8 + rest - 8) == 1
            || Wire.U32(bytes, 9) is 1 or 0x0F000001);

    public static bool IsOpenvpnTcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.U16(bytes, 0) + 2 == bytes.Length && IsOpenvpn(bytes[2..], direction, hints);

    private const ushort NatPort = 4500;

    /// <summary>RFC 7296 section 3.1, RFC 2408 section 3.1; behind NAT after four zeros (RFC 3948 section 2.2).
    /// </summary>
    public static bool IsIke(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 28;
        if (hints.IsPort(NatPort) && Wire.U32(bytes, 0) == 0) bytes = bytes[4..];
        if (bytes.Length < Size || (Wire.IsZero(bytes, 0, 8) && !hints.IsPort(500))) return false;
        var (version, exchange, flags) = (bytes[17], bytes[18], bytes[19]);
        var isKnown = version switch
        {
            0x10 => (exchange is <= 6 or >= 32 and <= 34) && (flags & 0xF8) == 0,
            0x20 => exchange is >= 34 and <= 44 && (flags & 0xC7) == 0,
            _ => false,
        };
        if (!isKnown || !IsPayload(bytes[16])) return false;
        var length = Wire.U32(bytes, 24);
        return length == bytes.Length || (length >= Size && (hints.IsPort(500) || hints.IsPort(NatPort)));
    }

    private static bool IsPayload(int kind) => kind is <= 21 or >= 33 and <= 54 or >= 128;

    /// <summary>RFC 3948 section 2.1: ESP in UDP, told from IKE by its first word. Only its port says so.</summary>
    public static bool IsEsp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.IsPort(NatPort) && bytes.Length >= 32 && Wire.U32(bytes, 0) > 255 && (bytes.Length & 3) == 0
        && Wire.U32(bytes, 4) is > 0 and < 0x1000000;

    /// <summary>RFC 2661 section 3.1: control has length and numbers, version 2; RFC 3931 version 3.</summary>
    public static bool IsL2tp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.IsPort(1701) && bytes.Length >= 12 && (Wire.U16(bytes, 0) & 0xCB0F) is 0xC802 or 0xC803
        && Wire.U16(bytes, 2) == bytes.Length;

    /// <summary>RFC 2637 section 2: length, control, a magic.</summary>
    public static bool IsPptp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.U32(bytes, 4) == 0x1A2B3C4D && Wire.U16(bytes, 2) is 1 or 2 && Wire.U16(bytes, 0) >= 12;

    /// <summary>3GPP TS 29.060 and 29.274: versions 1 and 2, and a length that counts what follows.</summary>
    public static bool IsGtp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (bytes.Length < 8 || !(hints.IsPort(2123) || hints.IsPort(2152) || hints.IsPort(3386))) return false;
        var length = Wire.U16(bytes, 2);
        return (bytes[0] >> 5) switch
        {
            0 => length + 20 == bytes.Length,
            1 => (bytes[0] & 0x08) == 0 && length + 8 == bytes.Length,
            2 => (bytes[0] & 0x07) == 0 && (length + 4 == bytes.Length || (bytes[0] & 0x10) != 0),
            _ => false,
        };
    }

    /// <summary>RFC 7348 section 5, on its ports: what it carries was not understood.</summary>
    public static bool IsVxlan(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        (hints.ServerPort is 4789 or 8472) && bytes.Length > 22 && (bytes[0] & 0x08) != 0 && bytes[7] == 0;

    public static bool IsGeneve(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.ServerPort == 6081 && bytes.Length >= 8 && bytes[0] < 0x40 && (bytes[1] & 0x3F) == 0 && bytes[7] == 0
        && 8 + ((bytes[0] & 0x3F) * 4) <= bytes.Length;

    /// <summary>RFC 4380 section 5.1.1: IPv6, perhaps after who vouches and where it came from.</summary>
    public static bool IsTeredo(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (!hints.IsPort(3544)) return false;
        if (Wire.U16(bytes, 0) == 1
            && bytes.Length > 13) bytes = bytes[Math.Min(bytes.Length, 13 + bytes[2] + bytes[3])..];
        if (Wire.U16(bytes, 0) == 0 && bytes.Length > 8) bytes = bytes[8..];
        return bytes.Length >= 40 && bytes[0] >> 4 == 6 && Wire.U16(bytes, 4) + 40 == bytes.Length;
    }

    /// <summary>RFC 1928 section 3 and version 4: a client's first bytes, nothing before, nothing after.</summary>
    public static bool IsSocks(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Connect = 1, Bind = 2, MethodLast = 9;
        if (bytes.Length < 3) return false;
        if (bytes[0] == 5)
        {
            if (!hints.IsFromStart || direction != Direction.ToServer || bytes[1] == 0
                || bytes.Length != 2 + bytes[1]) return false;
            foreach (var method in bytes[2..])
            {
                if (method is > MethodLast and < 0x80) return false;
            }

            return true;
        }

        // Port, address, a user's name and its zero; 4a has 0.0.0.x and a host name (and its zero) after it.
        if (bytes.Length < 9 || bytes[0] != 4 || bytes[1] is not (Connect or Bind)
            || direction != Direction.ToServer) return false;
        var name = bytes[8..];
        var end = name.IndexOf((byte)0);
        if (end < 0 || !Words.IsPrintable(name[..end])) return false;
        var rest = name[(end + 1)..];
        if (Wire.U24(bytes, 4) != 0 || bytes[7] == 0) return rest.IsEmpty && bytes[4] != 0 && Wire.U16(bytes, 2) != 0;
        return rest.Length > 1 && rest[^1] == 0 && Words.IsPrintable(rest[..^1]);
    }

    /// <summary>RFC 9301 section 5 on the control port, RFC 9300 section 5.1 on the data port.</summary>
    public static bool IsLisp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Request = 1, Reply = 2, Register = 3, Notify = 4, Referral = 6, Info = 7, Encapsulated = 8;
        if (hints.IsPort(4341)) return bytes.Length >= 8 + 20 && Wire.U8(bytes, 8) >> 4 is 4 or 6;
        if (!hints.IsPort(4342) || bytes.Length < 8) return false;
        return (bytes[0] >> 4) switch
        {
            Request => bytes.Length >= 12 && bytes[3] > 0,
            Reply or Register or Notify or Referral => bytes.Length >= 12 && bytes[3] < 64,
            Info => bytes.Length >= 16,
            Encapsulated => bytes[4] >> 4 is 4 or 6,
            _ => false,
        };
    }
}
