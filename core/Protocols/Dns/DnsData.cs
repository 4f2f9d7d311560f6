using NetSniff.Buffers;

namespace NetSniff.Protocols.Dns;

/// <summary>Record data as text, in the presentation form of each type's RFC; hex for types we do not know.</summary>
internal static partial class DnsData
{
    public const ushort ClassInternet = 1;

    /// <param name="message">The message up to the end of this record's data: names may point back into it.</param>
    /// <param name="start">Where the data begins.</param>
    public static DnsProblem Write(
        ReadOnlySpan<byte> message, int start, ushort type, ushort recordClass, ref DnsText text)
    {
        // An update deletes with empty data (RFC 2136 section 2.5), whatever the type.
        if (start == message.Length) return DnsProblem.None;

        var reader = new ByteReader(message);
        reader.Skip(start);
        var problem = type switch
        {
            DnsTypes.A => WriteAddress(ref reader, 4, recordClass, ref text),
            DnsTypes.Aaaa => WriteAddress(ref reader, 16, recordClass, ref text),
            DnsTypes.Ns or DnsTypes.Cname or DnsTypes.Ptr or DnsTypes.Dname or DnsTypes.Mb or DnsTypes.Mg
                or DnsTypes.Mr => WriteName(message, ref reader, ref text),
            DnsTypes.Mx or DnsTypes.Afsdb or DnsTypes.Kx => WritePreferred(message, ref reader, ref text),
            DnsTypes.Minfo or DnsTypes.Rp => WriteTwoNames(message, ref reader, ref text),
            DnsTypes.Txt or DnsTypes.Spf or DnsTypes.Hinfo => WriteStrings(ref reader, ref text),
            DnsTypes.Soa => WriteSoa(message, ref reader, ref text),
            DnsTypes.Srv => WriteSrv(message, ref reader, ref text),
            DnsTypes.Naptr => WriteNaptr(message, ref reader, ref text),
            DnsTypes.Svcb or DnsTypes.Https => WriteService(message, ref reader, ref text),
            DnsTypes.Uri => WriteUri(ref reader, ref text),
            DnsTypes.Caa => WriteCaa(ref reader, ref text),
            _ => WriteSecurity(message, ref reader, type, ref text),
        };
        if (problem != DnsProblem.None) return problem;

        return reader.RanShort || reader.Remaining > 0 ? DnsProblem.Data : DnsProblem.None;
    }

    private static DnsProblem WriteAddress(ref ByteReader reader, int size, ushort recordClass, ref DnsText text)
    {
        if (recordClass != ClassInternet) return WriteHex(ref reader, ref text);

        var octets = reader.Take(size);
        if (octets.IsEmpty)
        {
            text.Hex(reader.Rest);
            return DnsProblem.Data;
        }

        text.Address(octets);
        return DnsProblem.None;
    }

    private static DnsProblem WriteName(ReadOnlySpan<byte> message, ref ByteReader reader, ref DnsText text)
    {
        if (reader.RanShort) return DnsProblem.Data;

        var behind = DnsName.Write(message, reader.Position, ref text, out var problem);
        if (behind >= 0) reader.Skip(behind - reader.Position);
        return problem;
    }

    private static DnsProblem WritePreferred(ReadOnlySpan<byte> message, ref ByteReader reader, ref DnsText text)
    {
        WriteNumber(reader.ReadUInt16(), ref text);
        return WriteName(message, ref reader, ref text);
    }

    private static DnsProblem WriteTwoNames(ReadOnlySpan<byte> message, ref ByteReader reader, ref DnsText text)
    {
        var problem = WriteName(message, ref reader, ref text);
        if (problem != DnsProblem.None) return problem;

        text.Space();
        return WriteName(message, ref reader, ref text);
    }

    /// <summary>RFC 1035 section 3.3.13.</summary>
    private static DnsProblem WriteSoa(ReadOnlySpan<byte> message, ref ByteReader reader, ref DnsText text)
    {
        var problem = WriteTwoNames(message, ref reader, ref text);
        for (var field = 0; field < 5; field++)
        {
            text.Space();
            text.Number(reader.ReadUInt32());
        }

        return problem;
    }

    /// <summary>RFC 2782: priority, weight, port, target.</summary>
    private static DnsProblem WriteSrv(ReadOnlySpan<byte> message, ref ByteReader reader, ref DnsText text)
    {
        WriteNumber(reader.ReadUInt16(), ref text);
        WriteNumber(reader.ReadUInt16(), ref text);
        WriteNumber(reader.ReadUInt16(), ref text);
        return WriteName(message, ref reader, ref text);
    }

    /// <summary>RFC 3403 section 4.1: order, preference, flags, services, expression, replacement.</summary>
    private static DnsProblem WriteNaptr(ReadOnlySpan<byte> message, ref ByteReader reader, ref DnsText text)
    {
        WriteNumber(reader.ReadUInt16(), ref text);
        WriteNumber(reader.ReadUInt16(), ref text);
        for (var part = 0; part < 3; part++)
        {
            WriteQuoted(reader.Take(reader.ReadByte()), ref text);
            text.Space();
        }

        return WriteName(message, ref reader, ref text);
    }

    /// <summary>RFC 7553: priority, weight, target.</summary>
    private static DnsProblem WriteUri(ref ByteReader reader, ref DnsText text)
    {
        WriteNumber(reader.ReadUInt16(), ref text);
        WriteNumber(reader.ReadUInt16(), ref text);
        WriteQuoted(reader.Take(reader.Remaining), ref text);
        return DnsProblem.None;
    }

    /// <summary>RFC 8659 section 4.1: flags, tag, value.</summary>
    private static DnsProblem WriteCaa(ref ByteReader reader, ref DnsText text)
    {
        WriteNumber(reader.ReadByte(), ref text);
        text.Characters(reader.Take(reader.ReadByte()));
        text.Space();
        WriteQuoted(reader.Take(reader.Remaining), ref text);
        return DnsProblem.None;
    }

    /// <summary>Character-strings behind their lengths, RFC 1035 section 3.3.14, with a blank between.</summary>
    private static DnsProblem WriteStrings(ref ByteReader reader, ref DnsText text)
    {
        var isFirst = true;
        while (reader.Remaining > 0 && !reader.RanShort && !text.IsCut)
        {
            var characters = reader.Take(reader.ReadByte());
            if (!isFirst) text.Space();
            text.Characters(characters);
            isFirst = false;
        }

        reader.Skip(reader.Remaining);
        return DnsProblem.None;
    }

    private static DnsProblem WriteHex(ref ByteReader reader, ref DnsText text)
    {
        text.Hex(reader.Rest);
        reader.Skip(reader.Remaining);
        return DnsProblem.None;
    }

    private static void WriteQuoted(ReadOnlySpan<byte> characters, ref DnsText text)
    {
        text.Byte((byte)'"');
        text.Characters(characters);
        text.Byte((byte)'"');
    }

    private static void WriteNumber(uint value, ref DnsText text)
    {
        text.Number(value);
        text.Space();
    }
}
