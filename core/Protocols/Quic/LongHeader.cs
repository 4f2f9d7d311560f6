using NetSniff.Buffers;

namespace NetSniff.Protocols.Quic;

internal enum QuicPacketType : byte { Initial, EarlyData, Handshake, Retry, VersionNegotiation }

/// <summary>A long header and how far its packet reaches (RFC 9000 section 17.2, RFC 9369 section 3.2).</summary>
internal ref struct LongHeader
{
    public const int ConnectionIdBytesMax = 20;

    private const int RetryTagSize = 16;

    public uint Version;
    public QuicDialect Dialect;
    public QuicPacketType Type;

    /// <summary>All packets have it set, until both sides agreed to clear it now and then (RFC 9287); servers begin to
    /// in their first answer.</summary>
    public bool IsFixedBitSet;

    /// <summary>Connection id of who shall receive it.</summary>
    public ReadOnlySpan<byte> TargetId;

    /// <summary>Connection id its sender chose.</summary>
    public ReadOnlySpan<byte> SourceId;
    public ReadOnlySpan<byte> Token;

    /// <summary>Of a version negotiation: four bytes a version.</summary>
    public ReadOnlySpan<byte> Versions;

    /// <summary>Where the protected packet number begins.</summary>
    public int NumberOffset;

    /// <summary>Where the next packet of the datagram begins.</summary>
    public int End;

    public static bool IsLong(byte first) => (first & 0x80) != 0;

    /// <returns>False when these bytes are no whole long-header packet of a version whose layout is known.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out LongHeader header)
    {
        var read = default(LongHeader);
        var isRead = read.TryTake(bytes);
        header = read;
        return isRead;
    }

    private bool TryTake(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var first = reader.ReadByte();
        Version = reader.ReadUInt32();
        Dialect = QuicVersions.DialectOf(Version);
        if (reader.RanShort || !IsLong(first)) return false;
        if (Dialect is QuicDialect.Unknown or QuicDialect.GooglePublic) return false;
        if (Dialect == QuicDialect.GoogleLong) return TryReadGoogle(ref reader);

        // The invariants (RFC 8999) end behind the two ids.
        if (!TryReadId(ref reader, out TargetId) || !TryReadId(ref reader, out SourceId)) return false;
        if (Dialect == QuicDialect.Negotiation)
        {
            Type = QuicPacketType.VersionNegotiation;
            Versions = reader.Rest;
            End = bytes.Length;
            return Versions.Length is > 0 and var length && length % 4 == 0;
        }

        IsFixedBitSet = (first & 0x40) != 0;
        Type = TypeOf(first, QuicVersions.IsVersion2(Version));
        return Type == QuicPacketType.Retry
            ? TryReadRetry(ref reader, bytes.Length)
            : TryReadLengths(ref reader);
    }

    // RFC 9369 turns the numbers of the types by one.
    private static QuicPacketType TypeOf(byte first, bool isVersion2) =>
        (QuicPacketType)((first >> 4 & 3) + (isVersion2 ? 3 : 0) & 3);

    private static bool TryReadId(scoped ref ByteReader reader, out ReadOnlySpan<byte> id)
    {
        var length = reader.ReadByte();
        id = reader.Take(length);
        return !reader.RanShort && length <= ConnectionIdBytesMax;
    }

    /// <summary>Q046: both lengths in one byte, three less than they are; 0 is none.</summary>
    private bool TryReadGoogle(scoped ref ByteReader reader)
    {
        var lengths = reader.ReadByte();
        TargetId = reader.Take(lengths >> 4 is > 0 and var target ? target + 3 : 0);
        SourceId = reader.Take((lengths & 15) is > 0 and var source ? source + 3 : 0);
        NumberOffset = reader.Position;
        End = reader.Position + reader.Remaining;
        return !reader.RanShort;
    }

    private bool TryReadRetry(scoped ref ByteReader reader, int length)
    {
        if (reader.Remaining <= RetryTagSize) return false;

        Token = reader.Take(reader.Remaining - RetryTagSize);
        End = length;
        return true;
    }

    private bool TryReadLengths(scoped ref ByteReader reader)
    {
        if (Type == QuicPacketType.Initial) Token = reader.Take(QuicWire.ReadLength(ref reader));
        var length = QuicWire.ReadLength(ref reader);
        NumberOffset = reader.Position;
        End = NumberOffset + length;
        return !reader.RanShort && length <= reader.Remaining && length >= QuicWire.ProtectedBytesMin;
    }
}
