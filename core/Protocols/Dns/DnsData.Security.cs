using NetSniff.Buffers;

namespace NetSniff.Protocols.Dns;

/// <summary>Keys, digests and signatures: DNSSEC (RFC 4034, RFC 5155), SSHFP (RFC 4255), TLSA (RFC 6698).</summary>
internal static partial class DnsData
{
    private static DnsProblem WriteSecurity(
        ReadOnlySpan<byte> message, ref ByteReader reader, ushort type, ref DnsText text)
    {
        switch (type)
        {
            case DnsTypes.Ds or DnsTypes.Cds or 32769:
                WriteNumber(reader.ReadUInt16(), ref text);
                WriteNumber(reader.ReadByte(), ref text);
                WriteNumber(reader.ReadByte(), ref text);
                return WriteHex(ref reader, ref text);
            case DnsTypes.Sshfp:
                WriteNumber(reader.ReadByte(), ref text);
                WriteNumber(reader.ReadByte(), ref text);
                return WriteHex(ref reader, ref text);
            case DnsTypes.Tlsa or DnsTypes.Smimea:
                WriteNumber(reader.ReadByte(), ref text);
                WriteNumber(reader.ReadByte(), ref text);
                WriteNumber(reader.ReadByte(), ref text);
                return WriteHex(ref reader, ref text);
            case DnsTypes.Dnskey or DnsTypes.CdnsKey:
                WriteNumber(reader.ReadUInt16(), ref text);
                WriteNumber(reader.ReadByte(), ref text);
                WriteNumber(reader.ReadByte(), ref text);
                text.Base64(reader.Take(reader.Remaining));
                return DnsProblem.None;
            case DnsTypes.Rrsig: return WriteSignature(message, ref reader, ref text);
            case DnsTypes.Nsec:
                var problem = WriteName(message, ref reader, ref text);
                WriteTypes(ref reader, ref text);
                return problem;
            case DnsTypes.Nsec3:
                WriteHashing(ref reader, ref text);
                text.Space();
                WriteBase32(reader.Take(reader.ReadByte()), ref text);
                WriteTypes(ref reader, ref text);
                return DnsProblem.None;
            case DnsTypes.Nsec3Param:
                WriteHashing(ref reader, ref text);
                return DnsProblem.None;
            default: return WriteHex(ref reader, ref text);
        }
    }

    /// <summary>RFC 4034 section 3; its two times as decimal seconds, which section 3.2 allows.</summary>
    private static DnsProblem WriteSignature(ReadOnlySpan<byte> message, ref ByteReader reader, ref DnsText text)
    {
        DnsTypes.Write(reader.ReadUInt16(), ref text);
        text.Space();
        WriteNumber(reader.ReadByte(), ref text);
        WriteNumber(reader.ReadByte(), ref text);
        WriteNumber(reader.ReadUInt32(), ref text);
        WriteNumber(reader.ReadUInt32(), ref text);
        WriteNumber(reader.ReadUInt32(), ref text);
        WriteNumber(reader.ReadUInt16(), ref text);
        var problem = WriteName(message, ref reader, ref text);
        text.Space();
        text.Base64(reader.Take(reader.Remaining));
        return problem;
    }

    /// <summary>Algorithm, flags, iterations, salt: RFC 5155 sections 3.3 and 4.3.</summary>
    private static void WriteHashing(ref ByteReader reader, ref DnsText text)
    {
        WriteNumber(reader.ReadByte(), ref text);
        WriteNumber(reader.ReadByte(), ref text);
        WriteNumber(reader.ReadUInt16(), ref text);
        var salt = reader.Take(reader.ReadByte());
        if (salt.IsEmpty) text.Byte((byte)'-');
        text.Hex(salt);
    }

    /// <summary>Windows of a bit per type, RFC 4034 section 4.1.2.</summary>
    private static void WriteTypes(ref ByteReader reader, ref DnsText text)
    {
        while (reader.Remaining > 0 && !reader.RanShort && !text.IsCut)
        {
            var window = reader.ReadByte();
            var bits = reader.Take(reader.ReadByte());
            for (var bit = 0; bit < 8 * bits.Length; bit++)
            {
                if ((bits[bit >> 3] & (0x80 >> (bit & 7))) == 0) continue;

                text.Space();
                DnsTypes.Write((ushort)((window << 8) | (bit & 0xFF)), ref text);
            }
        }
    }

    /// <summary>The extended-hex alphabet of RFC 4648 section 7, unpadded.</summary>
    private static void WriteBase32(ReadOnlySpan<byte> octets, ref DnsText text)
    {
        uint held = 0;
        var heldBits = 0;
        foreach (var octet in octets)
        {
            held = (held << 8) | octet;
            for (heldBits += 8; heldBits >= 5; heldBits -= 5) Digit(held >> (heldBits - 5), ref text);
        }

        if (heldBits > 0) Digit(held << (5 - heldBits), ref text);

        static void Digit(uint value, ref DnsText text) =>
            text.Byte("0123456789abcdefghijklmnopqrstuv"u8[(int)(value & 31)]);
    }
}
