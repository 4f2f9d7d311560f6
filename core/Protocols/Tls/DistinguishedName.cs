using System.Buffers.Binary;
using System.Text;

namespace NetSniff.Protocols.Tls;

/// <summary>A directory name as text, in the order of the certificate: `C=US, O=Example, CN=example.com`. Attributes
/// that name one level together are joined by a plus, as in RFC 4514 section 2.2.</summary>
internal static class DistinguishedName
{
    private const byte BmpString = 0x1e, UniversalString = 0x1c, Utf8String = 0x0c;

    /// <returns>How many bytes were written; a name that does not fit is cut.</returns>
    public static int Write(ReadOnlySpan<byte> name, Span<byte> target, out bool isCut)
    {
        var writer = new Digits(target);
        var sets = new DerReader(name);
        while (sets.TryRead(out _, out var set))
        {
            var pairs = new DerReader(set);
            var separator = ", "u8;
            while (pairs.TryRead(out _, out var pair))
            {
                var fields = new DerReader(pair);
                var id = fields.Read(DerReader.ObjectId);
                if (!fields.TryRead(out var tag, out var value)) continue;

                if (writer.Written > 0) Text(ref writer, separator);
                separator = " + "u8;
                WriteLabel(ref writer, id);
                writer.Character('=');
                WriteValue(ref writer, tag, value);
            }
        }

        isCut = writer.IsCut;
        return writer.Written;
    }

    private static void WriteLabel(ref Digits writer, ReadOnlySpan<byte> id)
    {
        var label = Label(id);
        if (!label.IsEmpty) Text(ref writer, label);
        else ObjectId.Write(ref writer, id);
    }

    /// <summary>Short names (RFC 4514 section 3 and custom).</summary>
    private static ReadOnlySpan<byte> Label(ReadOnlySpan<byte> id)
    {
        // 2.5.4.x
        if (id is [0x55, 0x04, var attribute])
        {
            return attribute switch
            {
                3 => "CN"u8,
                4 => "SN"u8,
                5 => "serialNumber"u8,
                6 => "C"u8,
                7 => "L"u8,
                8 => "ST"u8,
                9 => "street"u8,
                10 => "O"u8,
                11 => "OU"u8,
                12 => "title"u8,
                15 => "businessCategory"u8,
                17 => "postalCode"u8,
                42 => "GN"u8,
                46 => "dnQualifier"u8,
                65 => "pseudonym"u8,
                97 => "organizationIdentifier"u8,
                _ => default,
            };
        }

        // 1.2.840.113549.1.9.1
        if (id.SequenceEqual((ReadOnlySpan<byte>)[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01])) return "Email"u8;
        // 0.9.2342.19200300.100.1.x
        if (id.Length == 10
            && id[..9].SequenceEqual((ReadOnlySpan<byte>)[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01]))
        {
            return id[9] switch { 1 => "UID"u8, 25 => "DC"u8, _ => default };
        }

        // 1.3.6.1.4.1.311.60.2.1.x: where a company is registered
        if (id.Length == 11
            && id[..10].SequenceEqual((ReadOnlySpan<byte>)[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x3c, 2, 1]))
        {
            return id[10] switch
            {
                1 => "msJurisdictionLocality"u8,
                2 => "msJurisdictionStateOrProvince"u8,
                3 => "msJurisdictionCountry"u8,
                _ => default,
            };
        }

        return default;
    }

    private static void WriteValue(ref Digits writer, byte tag, ReadOnlySpan<byte> value)
    {
        switch (tag)
        {
            case BmpString:
                for (; value.Length >= 2; value = value[2..])
                {
                    Rune(ref writer, BinaryPrimitives.ReadUInt16BigEndian(value));
                }

                break;
            case UniversalString:
                for (; value.Length >= 4; value = value[4..])
                {
                    Rune(ref writer, BinaryPrimitives.ReadUInt32BigEndian(value));
                }

                break;
            case Utf8String:
                Text(ref writer, value);
                break;
            default:
                // Latin-1 is what T61String is used for.
                foreach (var letter in value) Rune(ref writer, letter);
                break;
        }
    }

    private static void Rune(ref Digits writer, uint value)
    {
        if (!System.Text.Rune.TryCreate(value, out var rune)) rune = System.Text.Rune.ReplacementChar;
        Span<byte> encoded = stackalloc byte[4];
        Text(ref writer, encoded[..rune.EncodeToUtf8(encoded)]);
    }

    private static void Text(ref Digits writer, scoped ReadOnlySpan<byte> text)
    {
        foreach (var letter in text) writer.Character((char)letter);
    }
}

/// <summary>An object identifier in dotted form (X.690 section 8.19).</summary>
internal static class ObjectId
{
    public static void Write(ref Digits writer, ReadOnlySpan<byte> id)
    {
        ulong value = 0;
        var isFirst = true;
        foreach (var octet in id)
        {
            value = value << 7 | (octet & 0x7fu);
            if ((octet & 0x80) != 0) continue;

            if (isFirst)
            {
                var top = Math.Min(value / 40, 2);
                writer.Decimal((uint)top);
                value -= 40 * top;
                isFirst = false;
            }

            writer.Character('.');
            writer.Decimal((uint)Math.Min(value, uint.MaxValue));
            value = 0;
        }
    }
}
