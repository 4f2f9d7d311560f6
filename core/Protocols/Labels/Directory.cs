namespace NetSniff.Protocols.Labels;

/// <summary>Who is who, and who may.</summary>
internal static class Directory
{
    /// <summary>RFC 4511 section 4.1.1: a sequence of an id and an operation that is an application tag.</summary>
    public static bool IsLdap(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (!Wire.TryBer(bytes, 0, 0x30, out var at, out var length)) return false;
        if (Wire.U8(bytes, at) != 2 || Wire.U8(bytes, at + 1) is not (>= 1 and <= 4)) return false;

        var operation = at + 2 + bytes[at + 1];
        var tag = Wire.U8(bytes, operation);
        if (tag is 0x42 or 0x50 or 0x4A) return Wire.U8(bytes, operation + 1) < 0x80 && length < 300;
        if (tag is not (>= 0x60 and <= 0x79) || !IsOperation(tag & 0x1F)) return false;
        if (!Wire.TryBer(bytes, operation, tag, out var contents, out var inner)) return false;
        if (contents + inner > at + length) return false;

        return (tag & 0x1F) switch
        {
            // A bind begins with a version, an answer with a result code, a search with a name.
            0 => Wire.Has(bytes, contents, [2, 1]) && Wire.U8(bytes, contents + 2) is 2 or 3,
            1 or 5 => Wire.Has(bytes, contents, [10, 1]),
            3 or 4 => Wire.U8(bytes, contents) == 4,
            _ => true,
        };
    }

    private static bool IsOperation(int number) =>
        number is 0 or 1 or >= 3 and <= 9 or >= 11 and <= 15 or 19 or 23 or 24 or 25;

    /// <summary>RFC 4120 section 5.10: messages are application tags, version 5 in a field of its own.</summary>
    public static bool IsKerberosUdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        IsKerberos(bytes, hints);

    /// <summary>Section 7.2.2: over TCP after their length.</summary>
    public static bool IsKerberosTcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var length = Wire.U32(bytes, 0);
        return length is > 16 and < Wire.MessageBytesMax && IsKerberos(bytes[4..], hints);
    }

    private static bool IsKerberos(ReadOnlySpan<byte> bytes, ProbeHints hints)
    {
        var tag = Wire.U8(bytes, 0);
        if (tag is not (>= 0x6A and <= 0x6F or >= 0x74 and <= 0x76 or 0x7E)) return false;
        if (!Wire.TryBer(bytes, 0, tag, out var at, out _)
            || !Wire.TryBer(bytes, at, 0x30, out at, out _)) return false;

        const int Failure = 0x7E;
        if (tag == Failure && hints.IsPort(88)) return Wire.U8(bytes, at) is >= 0xA0 and <= 0xAD;

        // [0] or, in requests, [1]: INTEGER 5; then the type, which is the tag's number.
        return Wire.U8(bytes, at) is 0xA0 or 0xA1 && Wire.Has(bytes, at + 1, [3, 2, 1, 5]);
    }

    /// <summary>RFC 2865 section 3: the length, and attributes to the end.</summary>
    public static bool IsRadius(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 20, LengthMax = 4096;
        var length = Wire.U16(bytes, 2);
        if (length is < Size or > LengthMax || length != bytes.Length) return false;
        if (bytes[0] is not (>= 1 and <= 5 or >= 11 and <= 13 or >= 21 and <= 45)) return false;

        if (hints.IsPort(1812) || hints.IsPort(1813) || hints.IsPort(3799)) return true;

        var at = Size;
        while (at + 2 <= length)
        {
            if (bytes[at] == 0 || bytes[at + 1] < 2) return false;
            at += bytes[at + 1];
        }

        return at == length && length > Size;
    }

    /// <summary>RFC 6613: the same over TCP, where lengths as short as its are common, so on its port.</summary>
    public static bool IsRadiusTcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        (hints.IsPort(1812) || hints.IsPort(1813)) && IsRadius(bytes, direction, hints);

    /// <summary>RFC 6733 sections 3 and 4: version 1, a known kind of command, and a first AVP that fits.</summary>
    public static bool IsDiameter(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 20;
        if (bytes.Length < Size + 8 || bytes[0] != 1 || (bytes[4] & 0x0F) != 0) return false;
        var length = Wire.U24(bytes, 1);
        if (length < Size + 8 || (length & 3) != 0) return false;
        var command = Wire.U24(bytes, 5);
        if (command is not (>= 257 and <= 400 or >= 8_388_000 and <= 8_388_800)) return false;

        var first = Wire.U24(bytes, Size + 5);
        return first >= 8 && Size + first <= length && (bytes[Size + 4] & 0x1F) == 0;
    }

    /// <summary>RFC 8907 section 4.1.</summary>
    public static bool IsTacacs(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 12;
        return bytes.Length > Size && bytes[0] is 0xC0 or 0xC1 && bytes[1] is >= 1 and <= 3 && bytes[2] is 1 or 2
            && (bytes[3] & 0xFA) == 0 && Wire.U32(bytes, 8) + Size == bytes.Length;
    }

    /// <summary>RFC 3912: one line of question. Nothing but the port tells it from other lines.</summary>
    public static bool IsWhois(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (!hints.IsPort(43) && !hints.IsPort(4343)) return false;
        var line = Words.Line(bytes);
        return line.Length > 1 && (direction == Direction.ToClient || line.Length + 2 >= bytes.Length);
    }
}
