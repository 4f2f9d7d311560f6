using System.Buffers.Binary;

namespace NetSniff.Protocols.Dns;

/// <summary>Whether bytes can be a DNS message at all, without reading more of them than that takes.</summary>
internal static class DnsShape
{
    private const int QuestionSizeMin = 5;
    private const int RecordSizeMin = 11;

    /// <summary>Questions a message plausibly asks: mDNS bundles some dozens, unicast asks one.</summary>
    public const int QuestionsMax = 256;

    /// <summary>NetBIOS names are 32 letters A to P (RFC 1001 section 14.1), in messages otherwise like these.
    /// </summary>
    private const int NetBiosNameLength = 32;

    /// <summary>The light check every datagram of a DNS flow gets.</summary>
    /// <param name="questionLength">Bytes of the first question behind the header; 0 if there is none or it is not
    /// whole.</param>
    public static bool IsMessage(ReadOnlySpan<byte> message, out DnsHeader header, out int questionLength)
    {
        questionLength = 0;
        if (!DnsHeader.TryRead(message, out header)) return false;
        if (header.Questions > QuestionsMax) return false;
        if (header.Questions == 0) return IsWithoutQuestion(message, in header);

        var behind = DnsName.Skip(message, DnsHeader.Size, out var problem);
        if (behind >= 0 && behind + 4 <= message.Length)
        {
            questionLength = behind + 4 - DnsHeader.Size;
            return true;
        }

        // Cut short is still a message, if at least a label was there.
        return problem is DnsProblem.None or DnsProblem.Short
            && message.Length > DnsHeader.Size + QuestionSizeMin && header.Opcode <= DnsHeader.OpcodeMax;
    }

    private static bool IsWithoutQuestion(ReadOnlySpan<byte> message, in DnsHeader header)
    {
        if (header.Opcode > DnsHeader.OpcodeMax) return false;
        if (message.Length == DnsHeader.Size) return header.Records == 0 && header.IsResponse;

        return DnsEntry.TryRead(message, DnsHeader.Size, out _, out _);
    }

    /// <summary>Whether bytes can be the beginning of a message of which the capture left out the rest.</summary>
    public static bool IsBeginning(ReadOnlySpan<byte> message, out DnsHeader header)
    {
        if (!DnsHeader.TryRead(message, out header)) return false;
        if (header.Questions > QuestionsMax || header.Opcode > DnsHeader.OpcodeMax) return false;

        // The first name, of whichever section.
        DnsName.Skip(message, DnsHeader.Size, out var problem);
        return problem is DnsProblem.None or DnsProblem.Short;
    }

    /// <summary>The strict check for a flow that nothing but its bytes speaks for: all sections must be there, with
    /// known codes and classes, and end where the message does.</summary>
    public static bool IsSurely(ReadOnlySpan<byte> message, bool isMulticast)
    {
        if (!IsMessage(message, out var header, out var questionLength)) return false;
        if (!IsPlausible(in header, message.Length)) return false;
        if (header.Questions > 0 && questionLength == 0) return false;
        if (!isMulticast && (header.Questions != 1 || !IsUnicastQuestion(in header))) return false;

        return HasKnownClasses(message, in header);
    }

    /// <summary>Whether a header's counts can be true of a message so long.</summary>
    public static bool IsPlausible(in DnsHeader header, int length) =>
        header.Opcode <= DnsHeader.OpcodeMax
        && header.Questions <= QuestionsMax
        && QuestionSizeMin * header.Questions + RecordSizeMin * header.Records <= length - DnsHeader.Size;

    /// <summary>Whether the first question's name is one of the NetBIOS name service.</summary>
    public static bool IsNetBios(ReadOnlySpan<byte> message)
    {
        const int NameStart = DnsHeader.Size + 1;
        if (message.Length < NameStart + NetBiosNameLength) return false;
        if (message[DnsHeader.Size] != NetBiosNameLength) return false;

        return message.Slice(NameStart, NetBiosNameLength).IndexOfAnyExceptInRange((byte)'A', (byte)'P') < 0;
    }

    /// <summary>A plain question carries no answers, nor a response code.</summary>
    private static bool IsUnicastQuestion(in DnsHeader header) =>
        header.IsResponse || (header.Answers == 0 && header.Rcode == 0) || header.Opcode is 4 or 5;

    private static bool HasKnownClasses(ReadOnlySpan<byte> message, in DnsHeader header)
    {
        var position = DnsHeader.Size;
        for (var question = 0; question < header.Questions; question++)
        {
            position = DnsName.Skip(message, position, out var problem);
            if (position < 0 || problem != DnsProblem.None || position + 4 > message.Length) return false;

            var type = BinaryPrimitives.ReadUInt16BigEndian(message[position..]);
            if (type == 0 || !IsClass(BinaryPrimitives.ReadUInt16BigEndian(message[(position + 2)..]))) return false;

            position += 4;
        }

        for (var record = 0; record < header.Records; record++)
        {
            if (!DnsEntry.TryRead(message, position, out var entry, out _)) return header.IsTruncated;

            // OPT has a size where others have a class; DNSCrypt clients pad with a record of type zero.
            if (entry.Type is not (DnsTypes.Opt or 0) && !IsClass(entry.RawClass)) return false;

            position = entry.End;
        }

        return position == message.Length;
    }

    /// <summary>Internet, Chaos, Hesiod, NONE, ANY (RFC 6895 section 3.2); the top bit is mDNS's.</summary>
    private static bool IsClass(ushort value) => (value & 0x7FFF) is 1 or 3 or 4 or 254 or 255;
}
