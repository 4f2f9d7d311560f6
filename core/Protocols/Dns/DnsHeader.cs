using System.Buffers.Binary;

namespace NetSniff.Protocols.Dns;

/// <summary>The twelve bytes before every message, RFC 1035 section 4.1.1.</summary>
internal readonly struct DnsHeader
{
    public const int Size = 12;

    /// <summary>Query, inverse query, status, notify, update, stateful operations: the codes IANA has given out.
    /// </summary>
    public const int OpcodeMax = 6;

    private DnsHeader(ReadOnlySpan<byte> bytes)
    {
        Id = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        Flags = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        Questions = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        Answers = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        Authority = BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]);
        Additional = BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]);
    }

    public ushort Id { get; }
    public ushort Flags { get; }
    public ushort Questions { get; }
    public ushort Answers { get; }
    public ushort Authority { get; }
    public ushort Additional { get; }

    public bool IsResponse => (Flags & 0x8000) != 0;
    public int Opcode => (Flags >> 11) & 0xF;
    public bool IsAuthoritative => (Flags & 0x0400) != 0;
    public bool IsTruncated => (Flags & 0x0200) != 0;
    public bool IsRecursionDesired => (Flags & 0x0100) != 0;
    public bool IsRecursionAvailable => (Flags & 0x0080) != 0;

    /// <summary>Bits AD and CD, RFC 4035 section 3.</summary>
    public bool IsAuthentic => (Flags & 0x0020) != 0;
    public bool IsCheckingDisabled => (Flags & 0x0010) != 0;
    public int Rcode => Flags & 0xF;
    public int Records => Answers + Authority + Additional;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out DnsHeader header)
    {
        header = default;
        if (bytes.Length < Size) return false;

        header = new DnsHeader(bytes);
        return true;
    }
}
