namespace NetSniff.Protocols.Labels;

/// <summary>Other people's shells and screens.</summary>
internal static class Remote
{
    /// <summary>RFC 4253 section 4.2, or the key exchange of section 7.1 where the greeting was missed.</summary>
    public static bool IsSsh(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int KeyExchange = 20, CookieSize = 16, PacketBytesMax = 35_000;
        if (Wire.Has(bytes, 0, "SSH-"u8)) return bytes.Length > 6 && char.IsAsciiDigit((char)bytes[4])
            && bytes[5] == '.';

        var length = Wire.U32(bytes, 0);
        var names = Wire.U32(bytes, 6 + CookieSize);
        return length is > 100 and < PacketBytesMax && Wire.U8(bytes, 5) == KeyExchange
            && Wire.U8(bytes, 4) is >= 4 and < 64
            && names is > 8 and < 4096 && bytes.Length > 6 + CookieSize + 4 + 8
            && Words.IsPrintable(bytes.Slice(6 + CookieSize + 4, 8));
    }

    /// <summary>RFC 854: options are agreed first. Three bytes alone could be anything, off the port.</summary>
    public static bool IsTelnet(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Interpret = 255, Dont = 254, Will = 251, Subnegotiate = 250, OptionLast = 49, Extended = 255;
        var count = 0;
        var at = 0;
        while (at + 2 < bytes.Length && bytes[at] == Interpret && count < 4)
        {
            if (bytes[at + 1] is < Subnegotiate or > Dont) return false;
            if (bytes[at + 2] > OptionLast && bytes[at + 2] != Extended) return false;
            count++;
            if (bytes[at + 1] < Will) break;
            at += 3;
        }

        return count >= 2 || (count == 1 && hints.IsPort(23));
    }

    /// <summary>RFC 6143 section 7.1.1.</summary>
    public static bool IsRfb(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        bytes.Length >= 12 && Wire.Has(bytes, 0, "RFB "u8) && Words.IsDigits(bytes[4..7]) && bytes[7] == '.'
        && Words.IsDigits(bytes[8..11]) && bytes[11] == '\n';

    /// <summary>MS-RDPBCGR section 2.2.1.1: an X.224 connect request with a cookie or what security is wanted, its
    /// confirmation, or the T.125 connect that follows.</summary>
    public static bool IsRdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Request = 0xE0, Confirm = 0xD0, Data = 0xF0, ConnectionSize = 11;
        if (!Industrial.IsTpkt(bytes, out var kind)) return false;
        if (kind == Data) return Wire.Has(bytes, 4, [2, Data, 0x80, 0x7F, 0x65])
            || Wire.Has(bytes, 4, [2, Data, 0x80, 0x7F, 0x66]);
        if (kind is not (Request or Confirm)) return false;

        // Destination of a request and class are zero; what ISO transport would say next are parameters above 0xC0.
        if (Wire.Has(bytes, ConnectionSize, "Cookie: "u8)) return true;
        var negotiation = Wire.U8(bytes, ConnectionSize);
        if (negotiation is 1 or 2 or 3 && Wire.U16Little(bytes, ConnectionSize + 2) == 8) return true;
        return hints.IsPort(3389);
    }

    /// <summary>MS-RDPEUDP section 2.2.2.1: a SYN acknowledges nothing and fills the datagram with zeros.</summary>
    public static bool IsRdpUdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        hints.IsPort(3389) && bytes.Length >= 1132 && Wire.U32(bytes, 0) == 0xFFFFFFFF && (Wire.U16(bytes, 6) & 1) != 0;

    /// <summary>X11 protocol, section 8: byte order, version 11, names and their lengths.</summary>
    public static bool IsX11(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 12, Version = 11;
        if (bytes.Length < Size) return false;
        var isLittle = bytes[0] == 'l';
        var name = isLittle ? Wire.U16Little(bytes, 6) : Wire.U16(bytes, 6);
        var secret = isLittle ? Wire.U16Little(bytes, 8) : Wire.U16(bytes, 8);
        return (isLittle ? Wire.U16Little(bytes, 2) : Wire.U16(bytes, 2)) == Version
            && (isLittle ? Wire.U16Little(bytes, 4) : Wire.U16(bytes, 4)) == 0
            && Size + ((name + 3) & ~3) + ((secret + 3) & ~3) == bytes.Length;
    }

    /// <summary>Citrix ICA greets with its name.</summary>
    public static bool IsCitrix(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "\u007F\u007FICA\0"u8);
}
