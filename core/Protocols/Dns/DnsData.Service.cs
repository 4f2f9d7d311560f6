using NetSniff.Buffers;

namespace NetSniff.Protocols.Dns;

/// <summary>SVCB and HTTPS, RFC 9460 section 2: where a service is and how to speak to it.</summary>
internal static partial class DnsData
{
    private const ushort KeyMandatory = 0, KeyAlpn = 1, KeyNoDefaultAlpn = 2, KeyPort = 3, KeyIpv4Hint = 4, KeyEch = 5,
        KeyIpv6Hint = 6, KeyDohPath = 7;

    private static DnsProblem WriteService(ReadOnlySpan<byte> message, ref ByteReader reader, ref DnsText text)
    {
        WriteNumber(reader.ReadUInt16(), ref text);
        var problem = WriteName(message, ref reader, ref text);
        while (problem == DnsProblem.None && reader.Remaining > 0 && !reader.RanShort && !text.IsCut)
        {
            var key = reader.ReadUInt16();
            var value = reader.Take(reader.ReadUInt16());
            if (reader.RanShort) break;

            text.Space();
            WriteKey(key, ref text);
            if (value.IsEmpty) continue;

            text.Byte((byte)'=');
            WriteParameter(key, value, ref text);
        }

        return problem;
    }

    private static void WriteKey(ushort key, ref DnsText text)
    {
        var name = key switch
        {
            KeyMandatory => "mandatory"u8,
            KeyAlpn => "alpn"u8,
            KeyNoDefaultAlpn => "no-default-alpn"u8,
            KeyPort => "port"u8,
            KeyIpv4Hint => "ipv4hint"u8,
            KeyEch => "ech"u8,
            KeyIpv6Hint => "ipv6hint"u8,
            KeyDohPath => "dohpath"u8,
            _ => "key"u8,
        };
        text.Raw(name);
        if (key > KeyDohPath) text.Number(key);
    }

    private static void WriteParameter(ushort key, ReadOnlySpan<byte> value, ref DnsText text)
    {
        var parts = new ByteReader(value);
        var isFirst = true;
        while (parts.Remaining > 0 && !parts.RanShort && !text.IsCut)
        {
            if (!isFirst) text.Byte((byte)',');
            isFirst = false;
            switch (key)
            {
                case KeyMandatory: WriteKey(parts.ReadUInt16(), ref text); break;
                case KeyAlpn: text.Characters(parts.Take(parts.ReadByte())); break;
                case KeyPort: text.Number(parts.ReadUInt16()); break;
                case KeyIpv4Hint: text.Address(parts.Take(4)); break;
                case KeyIpv6Hint: text.Address(parts.Take(16)); break;
                case KeyEch: text.Base64(parts.Take(parts.Remaining)); break;
                case KeyDohPath: text.Characters(parts.Take(parts.Remaining)); break;
                default: text.Hex(parts.Take(parts.Remaining)); break;
            }
        }
    }
}
