namespace NetSniff.Protocols.Labels;

/// <summary>File shares, remote calls and names as Windows and Sun made them.</summary>
internal static class Windows
{
    /// <summary>MS-SMB2 section 2.1, RFC 1002 section 4.3.1: a length, then the name of the dialect's family.</summary>
    public static bool IsSmb(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Wire.U8(bytes, 0) == 0 && Wire.U24(bytes, 1) is >= 32 and < 0x1000000 && IsSmbMessage(bytes, 4);

    private static bool IsSmbMessage(ReadOnlySpan<byte> bytes, int at) =>
        Wire.U8(bytes, at) is 0xFF or 0xFE or 0xFD or 0xFC && Wire.Has(bytes, at + 1, "SMB"u8);

    /// <summary>RFC 1002 section 4.3.2: a session request names both ends, 34 bytes each at least.</summary>
    public static bool IsNbss(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Request = 0x81, NameSize = 0x20;
        return Wire.U8(bytes, 0) == Request && Wire.U24(bytes, 1) + 4 == bytes.Length && Wire.U8(bytes, 4) == NameSize
            && bytes.Length >= 72;
    }

    /// <summary>RFC 1002 section 4.2: names of 32 letters in a message otherwise like DNS.</summary>
    public static bool IsNbns(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 12, NameSize = 32;
        if (bytes.Length < Size + NameSize + 2 || bytes[Size] != NameSize) return false;
        if (Wire.U16(bytes, 4) + Wire.U16(bytes, 6) is not (1 or 2)) return false;
        return !bytes.Slice(Size + 1, NameSize).ContainsAnyExceptInRange((byte)'A', (byte)'P')
            && Wire.U8(bytes, Size + 1 + NameSize) < 64;
    }

    /// <summary>RFC 1002 section 4.4: datagrams, which carry SMB mail slots.</summary>
    public static bool IsNetbiosDatagram(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        IsNetbiosHeader(bytes, hints) && !HasMailslot(bytes);

    public static bool IsSmbDatagram(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        IsNetbiosHeader(bytes, hints) && HasMailslot(bytes);

    private static bool IsNetbiosHeader(ReadOnlySpan<byte> bytes, ProbeHints hints) =>
        hints.IsPort(138) && bytes.Length >= 14 && bytes[0] is >= 0x10 and <= 0x16 && (bytes[1] & 0xF0) == 0;

    private static bool HasMailslot(ReadOnlySpan<byte> bytes) =>
        bytes[..Math.Min(bytes.Length, 256)].IndexOf([(byte)0xFF, (byte)'S', (byte)'M', (byte)'B']) > 0;

    /// <summary>MS-RPCE section 2.2.2.1, C706 chapter 12: version 5 of connections.</summary>
    public static bool IsDcerpc(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 16, KindLast = 19;
        if (Wire.Has(bytes, 0, "ncacn_http/1.0"u8)) return true;
        if (bytes.Length < Size || bytes[0] != 5 || bytes[1] > 1 || bytes[2] > KindLast) return false;

        // How numbers are written: high nibble 1 is little-endian, the rest of the word is zero in practice.
        if (bytes[4] is not (0 or 0x10) || bytes[5] != 0 || Wire.U16(bytes, 6) != 0) return false;
        var isLittle = bytes[4] == 0x10;
        var length = isLittle ? Wire.U16Little(bytes, 8) : Wire.U16(bytes, 8);
        var secret = isLittle ? Wire.U16Little(bytes, 10) : Wire.U16(bytes, 10);
        return length >= Size && secret + Size <= length;
    }

    /// <summary>Version 4 of datagrams: eighty bytes of header, three of which say how numbers are written.</summary>
    public static bool IsDcerpcUdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int Size = 80, KindLast = 10;
        if (bytes.Length < Size || bytes[0] != 4 || bytes[1] > KindLast
            || bytes[4] is not (0 or 0x10 or 1 or 0x11)) return false;
        if (bytes[5] > 3 || (bytes[3] & 0xFC) != 0) return false;
        var isLittle = (bytes[4] & 0x10) != 0;
        return (isLittle ? Wire.U16Little(bytes, 74) : Wire.U16(bytes, 74)) + Size == bytes.Length;
    }

    private const int NfsProgram = 100_003, MountProgram = 100_005, LockProgram = 100_021, AccessListProgram = 100_227;
    private const ushort NfsPort = 2049;

    public static bool IsNfsUdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) => IsNfs(bytes, hints);

    public static bool IsNfsTcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        IsRecord(bytes) && IsNfs(bytes[4..], hints);

    public static bool IsRpcUdp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        IsRpc(bytes, hints);

    public static bool IsRpcTcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        IsRecord(bytes) && IsRpc(bytes[4..], hints);

    /// <summary>RFC 5531 section 11: over TCP a fragment's length comes first, the top bit on the last.</summary>
    private static bool IsRecord(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 28 && (Wire.U32(bytes, 0) & 0x7FFFFFFF) is >= 24 and < 0x400000;

    private static bool IsRpc(ReadOnlySpan<byte> bytes, ProbeHints hints) =>
        ProgramOf(bytes) is > 0 or Answer && !IsNfs(bytes, hints);

    private static bool IsNfs(ReadOnlySpan<byte> bytes, ProbeHints hints) =>
        ProgramOf(bytes) is NfsProgram or MountProgram or LockProgram or AccessListProgram
        || (hints.IsPort(NfsPort) && ProgramOf(bytes) == Answer);

    private const int Answer = -2, Nobody = -1;

    /// <summary>RFC 5531 section 9: which program a call is for.</summary>
    private static long ProgramOf(ReadOnlySpan<byte> bytes)
    {
        const int Call = 0, Reply = 1, Version = 2, FlavourLast = 6, ProgramFirst = 100_000, ProgramLast = 0x20FFFFFF;
        if (bytes.Length < 24) return Nobody;
        var kind = Wire.U32(bytes, 4);
        if (kind == Call)
        {
            if (Wire.U32(bytes, 8) != Version || bytes.Length < 40) return Nobody;
            var program = Wire.U32(bytes, 12);
            var isSound = program is >= ProgramFirst and <= ProgramLast && Wire.U32(bytes, 16) < 16
                && Wire.U32(bytes, 20) < 100
                && (Wire.U32(bytes, 24) is <= FlavourLast or 300_001) && Wire.U32(bytes, 28) <= 400;
            return isSound ? program : Nobody;
        }

        // Accepted, a verifier that fits, and a status.
        if (kind != Reply || Wire.U32(bytes, 8) != 0 || Wire.U32(bytes, 12) > FlavourLast) return Nobody;
        var verifier = Wire.U32(bytes, 16);
        return verifier <= 400 && (verifier & 3) == 0
            && Wire.U32(bytes, 20 + (int)verifier) is >= 0 and <= 5 ? Answer : Nobody;
    }
}
