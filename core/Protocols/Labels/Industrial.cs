namespace NetSniff.Protocols.Labels;

/// <summary>Plants, grids, buildings and cars.</summary>
internal static class Industrial
{
    /// <summary>RFC 1006 section 6: version 3, a length; then the kind of ISO transport message (X.224 section 13).
    /// </summary>
    internal static bool IsTpkt(ReadOnlySpan<byte> bytes, out int kind)
    {
        kind = Wire.U8(bytes, 5);
        return Wire.U16(bytes, 0) == 0x0300 && Wire.U16(bytes, 2) is >= 7 and var length && length <= bytes.Length
            && bytes[4] >= 2 && bytes[4] + 5 <= length;
    }

    /// <summary>Siemens S7: data over ISO transport that begins with 0x32, or 0x72 in its later form.</summary>
    public static bool IsS7(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Data = 0xF0, Job = 1, Notice = 7;
        if (!IsTpkt(bytes, out var kind) || kind != Data || bytes[4] != 2) return false;
        var mark = Wire.U8(bytes, 7);
        return mark == 0x32 ? Wire.U8(bytes, 8) is >= Job and <= Notice : mark == 0x72 && hints.IsPort(102);
    }

    /// <summary>Modbus over TCP: transaction, protocol 0, a length that counts the rest, unit, function.</summary>
    public static bool IsModbus(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 7, LengthMax = 254;
        if (bytes.Length < Size + 1 || Wire.U16(bytes, 2) != 0) return false;
        var length = Wire.U16(bytes, 4);
        if (length is < 2 or > LengthMax || length + 6 > bytes.Length) return false;
        if (hints.IsPort(502)) return bytes[7] != 0;
        return length + 6 == bytes.Length && IsModbusBody(bytes[7] & 0x7F, bytes[8..]);
    }

    /// <summary>Modbus Application Protocol 1.1b3, section 6: lengths that follow from the function.</summary>
    private static bool IsModbusBody(int function, ReadOnlySpan<byte> body) => function switch
    {
        >= 1 and <= 4 => body.Length == 4 && Wire.U16(body, 2) is > 0 and <= 2000 || body.Length > 2
            && body[0] + 1 == body.Length,
        5 => body.Length == 4 && Wire.U16(body, 2) is 0 or 0xFF00,
        15 or 16 => body.Length > 6 && body[4] + 5 == body.Length,
        _ => false,
    };

    /// <summary>IEEE 1815: two start bytes, a length, control, and addresses.</summary>
    public static bool IsDnp3(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.U16(bytes, 0) == 0x0564 && bytes.Length >= 10 && bytes[2] >= 5;

    /// <summary>IEC 60870-5-104: start, a length of at most 253, and control whose unused bits are zero.</summary>
    public static bool IsIec104(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Start = 0x68, TypeLast = 127;
        var length = Wire.U8(bytes, 1);
        if (Wire.U8(bytes, 0) != Start || length is < 4 or > 253 || length + 2 > bytes.Length) return false;
        if ((bytes[2] & 3) == 3) return length == 4 && Wire.U24(bytes, 3) == 0 && (hints.IsPort(2404) || Starts(bytes));
        if ((bytes[2] & 3) == 1) return length == 4 && bytes[2] == 1 && bytes[3] == 0 && hints.IsPort(2404);
        return length > 10 && (bytes[4] & 1) == 0 && bytes[6] is > 0 and <= TypeLast && (bytes[8] & 0x3F) < 48
            && (hints.IsPort(2404) || (length + 2 == bytes.Length && Wire.U32(bytes, 2) == 0));
    }

    /// <summary>Data transfer starts, stops or is tested: one bit of six.</summary>
    private static bool Starts(ReadOnlySpan<byte> bytes) =>
        bytes.Length == 6 && bytes[2] is 0x07 or 0x0B or 0x13 or 0x23 or 0x43 or 0x83;

    /// <summary>EtherNet/IP encapsulation: command, length of what follows, session, status, context, options 0.
    /// </summary>
    public static bool IsEnip(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 24;
        var command = Wire.U16Little(bytes, 0);
        if (bytes.Length >= Size
            && command is 0 or 1 or 4 or 0x63 or 0x64 or 0x65 or 0x66 or 0x6F or 0x70 or 0x72 or 0x73)
        {
            var length = Wire.U16Little(bytes, 2);
            var isPort = hints.IsPort(44818);
            return Wire.U32(bytes, 20) == 0 && (length + Size == bytes.Length || (isPort
                && length + Size < bytes.Length))
                && (isPort || (command != 0 && Wire.U32Little(bytes, 8) < 0x100 && HasEnipBody(command, length)));
        }

        return false;
    }

    private static bool HasEnipBody(int command, int length) => command switch
    {
        0x65 => length == 4,
        0x6F or 0x70 => length >= 16,
        0x63 or 0x64 => length == 0 || length > 20,
        _ => false,
    };

    /// <summary>Cyclic data: two items, an address of eight bytes and connected data (CIP volume 2, section 2-6).
    /// </summary>
    public static bool IsEnipUdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Items = 2, SequencedAddress = 0x8002, ConnectedData = 0x00B1;
        return Wire.U16Little(bytes, 0) == Items && Wire.U16Little(bytes, 2) == SequencedAddress
            && Wire.U16Little(bytes, 4) == 8
            ? Wire.U16Little(bytes, 14) == ConnectedData && Wire.U16Little(bytes, 16) + 18 == bytes.Length
            : IsEnip(bytes, direction, hints);
    }

    /// <summary>BACnet/IP, annex J: a function and the whole length, then version 1 of the network layer.</summary>
    public static bool IsBacnet(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int FunctionLast = 0x0C;
        if (Wire.U8(bytes, 0) != 0x81 || Wire.U8(bytes, 1) > FunctionLast
            || Wire.U16(bytes, 2) != bytes.Length) return false;
        var inside = bytes[1] switch { 0x04 => 10, 0x09 or 0x0A or 0x0B => 4, _ => -1 };
        return hints.IsPort(47808) || (inside > 0 && Wire.U8(bytes, inside) == 1);
    }

    /// <summary>OPC UA part 6, section 7.1.2: three letters, whether it is final, and the length.</summary>
    public static bool IsOpcua(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        (Wire.Has(bytes, 0, "HELF"u8) || Wire.Has(bytes, 0, "ACKF"u8) || Wire.Has(bytes, 0, "ERRF"u8)
            || Wire.Has(bytes, 0, "OPNF"u8)
            || Wire.Has(bytes, 0, "MSGF"u8) || Wire.Has(bytes, 0, "MSGC"u8) || Wire.Has(bytes, 0, "CLOF"u8)
                || Wire.Has(bytes, 0, "RHEF"u8))
        && Wire.U32Little(bytes, 4) is >= 12 and < Wire.MessageBytesMax;

    /// <summary>RFC 7252 section 3, on its port: version 1, a token of at most eight bytes, options that end in data.
    /// </summary>
    public static bool IsCoap(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 4, DataMark = 0xFF;
        if (!hints.IsPort(5683) || bytes.Length < Size || bytes[0] >> 6 != 1) return false;
        var token = bytes[0] & 15;
        var (kind, detail) = (bytes[1] >> 5, bytes[1] & 31);
        if (token > 8 || kind is 1 or 3 or > 5 || (kind == 0 && detail > 7)
            || Size + token > bytes.Length) return false;

        var at = Size + token;
        while (at < bytes.Length && bytes[at] != DataMark)
        {
            var (delta, length) = (bytes[at] >> 4, bytes[at] & 15);
            if (delta == 15 || length == 15) return false;
            at++;
            at += delta switch { 13 => 1, 14 => 2, _ => 0 };
            at += length switch { 13 => 1 + 13 + Math.Max(0, Wire.U8(bytes, at)), 14 =>
                2 + 269 + Math.Max(0, Wire.U16(bytes, at)), _ => length };
        }

        return at == bytes.Length || (at < bytes.Length - 1 && bytes[at] == DataMark);
    }

    /// <summary>ISO 13400-2: version and its inverse, kind, length.</summary>
    public static bool IsDoip(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (bytes.Length < 8 || (bytes[0] ^ bytes[1]) != 0xFF
            || bytes[0] is not (1 or 2 or 3 or 4 or 0xFF)) return false;
        return Wire.U16(bytes, 2) is <= 8 or >= 0x4001 and <= 0x4004 or >= 0x8001 and <= 0x8003
            && Wire.U32(bytes, 4) + 8 <= bytes.Length;
    }

    /// <summary>AUTOSAR SOME/IP: service, method, length, client, session, versions, kind, result.</summary>
    public static bool IsSomeip(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 16, ProtocolVersion = 1;
        var length = Wire.U32(bytes, 4);
        if (bytes.Length < Size || bytes[12] != ProtocolVersion || length < 8
            || length + 8 > bytes.Length) return false;
        if ((bytes[14] & 0x5C) != 0 && bytes[14] is not (0x40 or 0x41 or 0x42 or 0xC0 or 0xC1)
            || bytes[15] > 0x5E) return false;
        return length + 8 == bytes.Length ? hints.IsPort(30490) || bytes[0] == 0xFF
            || bytes[13] is > 0 and < 16 : hints.IsPort(30490);
    }

    /// <summary>DDS's wire protocol says its name.</summary>
    public static bool IsRtps(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.Has(bytes, 0, "RTPS"u8) && bytes.Length >= 20 && bytes[4] <= 2;
}
