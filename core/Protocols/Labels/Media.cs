namespace NetSniff.Protocols.Labels;

/// <summary>What calls are made of: NAT traversal and media.</summary>
internal static class Media
{
    private const int HeaderSize = 20;
    private const long Cookie = 0x2112A442;

    /// <summary>RFC 8489 section 5; without the magic cookie, RFC 3489, whose attributes must then fill the message.
    /// </summary>
    public static bool IsStun(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (bytes.Length < HeaderSize)
        {
            return IsChannel(bytes, hints);
        }

        var length = Wire.U16(bytes, 2);
        if (bytes[0] > 0x3F) return IsChannel(bytes, hints);
        if ((length & 3) != 0 || length + HeaderSize > bytes.Length) return false;
        if (Wire.U32(bytes, 4) == Cookie) return IsKind(Wire.U16(bytes, 0));
        return length + HeaderSize == bytes.Length && IsOldKind(Wire.U16(bytes, 0)) && HasAttributes(bytes);
    }

    /// <summary>Over TCP several may follow; some put a length before each (RFC 4571).</summary>
    public static bool IsStunTcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (Wire.U16(bytes, 0) + 2 == bytes.Length && bytes.Length > HeaderSize + 2
            && IsStun(bytes[2..], direction, hints)) return true;
        var length = Wire.U16(bytes, 2);
        return bytes.Length >= HeaderSize && bytes[0] <= 0x3F && (length & 3) == 0 && Wire.U32(bytes, 4) == Cookie
            && IsKind(Wire.U16(bytes, 0));
    }

    private static bool IsKind(int kind) => (kind & 0x3EEF) is >= 1 and < 0x100;

    private static bool IsOldKind(int kind) => (kind & 0xFEEC) == 0 && (kind & 3) != 0;

    private static bool HasAttributes(ReadOnlySpan<byte> bytes)
    {
        var at = HeaderSize;
        while (at + 4 <= bytes.Length)
        {
            var kind = Wire.U16(bytes, at);
            if (kind is not (>= 1 and <= 0x1FF or >= 0x8000 and <= 0x80FF or >= 0xC000 and <= 0xC0FF)) return false;
            at += 4 + ((Wire.U16(bytes, at + 2) + 3) & ~3);
        }

        return at == bytes.Length;
    }

    /// <summary>RFC 8656 section 12.4: relayed data, a channel and a length.</summary>
    private static bool IsChannel(ReadOnlySpan<byte> bytes, ProbeHints hints) =>
        hints.IsPort(3478) && Wire.U8(bytes, 0) is >= 0x40 and <= 0x4F && Wire.U16(bytes, 2) is > 0 and var length
        && bytes.Length - 4 - length is >= 0 and <= 3;

    private const int VersionTwo = 0x80, VersionMask = 0xC0;

    /// <summary>RFC 3550 section 6.1: reports, one after the other to the last byte. Encrypted ones end in four bytes
    /// of index and ten of seal (RFC 3711 section 3.4).</summary>
    public static bool IsRtcp(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        const int SenderReport = 200, ReceiverReport = 201, Last = 207, BlockSize = 24, SecureSize = 14;
        var at = 0;
        var first = Wire.U8(bytes, 1);
        if (first is not (>= SenderReport and <= Last)) return false;
        while (at + 4 <= bytes.Length)
        {
            var size = (Wire.U16(bytes, at + 2) + 1) * 4;
            var kind = bytes[at + 1];
            if ((bytes[at] & VersionMask) != VersionTwo || kind is < SenderReport or > Last || at + size > bytes.Length)
            {
                return at > 0 && bytes.Length - at >= SecureSize && (bytes[^SecureSize] & 0x80) != 0
                    && first <= ReceiverReport;
            }

            var blocks = (bytes[at] & 0x1F) * BlockSize;
            if (kind == SenderReport && size < 28 + blocks) return false;
            if (kind == ReceiverReport && size < 8 + blocks) return false;
            if (kind > ReceiverReport && size < 8) return false;
            at += size;
        }

        return at == bytes.Length;
    }

    /// <summary>RFC 3550 section 5.1. One packet has little to know it by, so two must follow each other: the same
    /// source, the next number.</summary>
    /// <param name="seen">A word of the flow: 0, or what the last such packet was.</param>
    public static bool IsRtp(ReadOnlySpan<byte> bytes, Direction direction, ref uint seen)
    {
        const int Size = 12, StepMax = 8;
        if (bytes.Length < Size || (bytes[0] & VersionMask) != VersionTwo) return false;
        var kind = bytes[1] & 0x7F;
        if (kind is > 34 and < 96) return false;
        var size = Size + ((bytes[0] & 0x0F) * 4);
        if ((bytes[0] & 0x10) != 0) size += 4 + (Math.Max(0, Wire.U16(bytes, size + 2)) * 4);
        if (size > bytes.Length) return false;

        var source = Wire.U32(bytes, 8);
        var mark = ((uint)((source ^ (source >> 16)) & 0x7FFF) << 1 | (uint)direction) << 16;
        var number = (uint)Wire.U16(bytes, 2);
        var before = seen;
        if (before != 0 && ((before >> 16) & 1) != (uint)direction) return false;

        seen = mark | number;
        if (seen == 0) seen = 1;
        var step = (number - before) & 0xFFFF;
        return before != 0 && (before & 0xFFFF0000) == mark && step is >= 1 and <= StepMax;
    }
}
