using System.Buffers.Binary;

namespace NetSniff.Protocols.Dns;

/// <summary>The twelve bytes before every message, RFC 1035 section 4.1.1.</summary>
internal readonly struct DnsHeader
{
    public const int Size = 12;

    /// <summary>Query, inverse query, status, notify, update, stateful operations: the codes IANA has given out.
    /// </summary>
    public const int OpcodeMax = 6;

    // Two words and not six numbers: a header is handed on as soon as it is read, and a copy in larger pieces than
    // were just written waits until the processor has stored them (15 cycles, for each message three times).
    private readonly ulong _first;
    private readonly uint _last;

    private DnsHeader(ulong first, uint last) => (_first, _last) = (first, last);

    public ushort Id => (ushort)(_first >> 48);
    public ushort Flags => (ushort)(_first >> 32);
    public ushort Questions => (ushort)(_first >> 16);
    public ushort Answers => (ushort)_first;
    public ushort Authority => (ushort)(_last >> 16);
    public ushort Additional => (ushort)_last;

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

        header = new DnsHeader(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        return true;
    }
}
