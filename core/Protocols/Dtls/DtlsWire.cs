using NetSniff.Buffers;
using NetSniff.Protocols.Tls;

namespace NetSniff.Protocols.Dtls;

/// <summary>A record header of thirteen bytes (RFC 6347 section 4.1).</summary>
internal readonly record struct DtlsRecordHeader(byte Type, ushort Epoch, int Length)
{
    public const int Size = 13;

    /// <returns>False when these bytes are none, or its record is not whole.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out DtlsRecordHeader header)
    {
        var reader = new ByteReader(bytes);
        var type = reader.ReadByte();
        var (major, minor) = (reader.ReadByte(), reader.ReadByte());
        var epoch = reader.ReadUInt16();
        reader.Skip(6); // sequence number
        header = new DtlsRecordHeader(type, epoch, reader.ReadUInt16());
        return !reader.RanShort
            && type is >= ContentType.ChangeCipherSpec and <= ContentType.Heartbeat
            && TlsWire.IsDatagramVersion(major, minor)
            && header.Length is > 0 and <= TlsWire.RecordBytesMax
            && header.Length <= reader.Remaining;
    }

    /// <summary>A header of DTLS 1.3 (RFC 9147 section 4), or one with a connection id whose length was agreed on
    /// before (RFC 9146): either way the rest is ciphertext.</summary>
    public static bool IsSealed(byte first) => (first & 0xe0) == 0x20 || first == ContentType.ConnectionId;
}

/// <summary>A piece of a handshake message (RFC 6347 section 4.2.2).</summary>
internal readonly record struct DtlsFragment(byte Type, int MessageLength, ushort Number, int Start, int Length)
{
    public const int HeaderSize = 12;

    public bool IsWhole => Length == MessageLength;

    public static bool TryRead(ref ByteReader reader, out DtlsFragment fragment)
    {
        fragment = new DtlsFragment(
            reader.ReadByte(), reader.ReadUInt24(), reader.ReadUInt16(), reader.ReadUInt24(), reader.ReadUInt24());
        return !reader.RanShort && HandshakeType.IsKnown(fragment.Type)
            && fragment.MessageLength <= TlsParser.MessageClaimMax
            && fragment.Start + fragment.Length <= fragment.MessageLength;
    }
}
