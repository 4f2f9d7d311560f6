using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NetSniff.Protocols.Quic;

/// <content>Whether a datagram opens a QUIC connection.</content>
public sealed partial class QuicParser
{
    // Flags, connection id, version, number, hash of the message.
    private const int PublicHeaderSize = 13, PublicHashSize = 12;

    public static bool MayBegin(byte first) => LongHeader.IsLong(first) || IsPublic(first);

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (bytes.Length < PublicHeaderSize + 1 + PublicHashSize) return Verdict.No;
        if (!LongHeader.IsLong(bytes[0])) return ProbePublic(bytes, direction);
        if (QuicVersions.DialectOf(BinaryPrimitives.ReadUInt32BigEndian(bytes[1..])) == QuicDialect.Unknown)
        {
            return Verdict.No;
        }

        return ProbeLong(bytes, direction, hints);
    }

    private static Verdict ProbeLong(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (!LongHeader.TryRead(bytes, out var header)) return Verdict.No;
        if (!IsClients(bytes, in header, direction, hints)) return ProbeJoined(bytes, in header);
        return direction == Direction.ToServer ? Verdict.Yes : Verdict.YesReversed;
    }

    /// <summary>Whether it begins a connection.</summary>
    private static bool IsClients(
        ReadOnlySpan<byte> bytes, in LongHeader header, Direction direction, ProbeHints hints)
    {
        var isOpening = header.Type == QuicPacketType.Initial
            && (header.IsFixedBitSet || header.Dialect == QuicDialect.GoogleLong);
        return isOpening && header.Dialect switch
        {
            QuicDialect.Standard => Opens(bytes, in header) || IsExact(bytes, in header, direction, hints),
            QuicDialect.GoogleEncrypted => Opens(bytes, in header),
            QuicDialect.GoogleLong => IsGoogleHello(bytes[header.NumberOffset..]),
            // Unreadable on purpose. What there is must look just like a client's first datagram.
            QuicDialect.Reserved => bytes.Length >= QuicWire.InitialDatagramBytesMin
                && header.TargetId.Length >= QuicWire.FirstTargetIdBytesMin && IsFilled(bytes, in header),
            _ => false,
        };
    }

    /// <summary>Whether it is a client's Initial: only those are under keys that follow from their own header.
    /// </summary>
    [SkipLocalsInit]
    private static bool Opens(ReadOnlySpan<byte> bytes, in LongHeader header)
    {
        Span<byte> frames = stackalloc byte[InitialKeys.PacketBytesMax];
        var keys = InitialKeys.Probed;
        var largest = -1L;
        return keys.TryDerive(header.Version, header.TargetId)
            && keys.Open(bytes[..header.End], in header, isFromServer: false, ref largest, frames) >= 0;
    }

    /// <summary>An Initial of a known version that does not open: the keys follow from a packet that was not captured,
    /// or it was made up. Version, ids and lengths that fill the datagram to the byte, sent to where servers are, say
    /// enough.</summary>
    private static bool IsExact(ReadOnlySpan<byte> bytes, in LongHeader header, Direction direction, ProbeHints hints)
    {
        var port = direction == Direction.ToServer ? hints.ServerPort : hints.ClientPort;
        return header.TargetId.Length >= QuicWire.FirstTargetIdBytesMin && Info.Ports.AsSpan().Contains(port)
            && IsFilled(bytes, in header);
    }

    /// <summary>Packets of one version and connection fill the datagram to its last byte, or zeros do from where they
    /// end.</summary>
    /// <param name="mayEndShort">The last may have a short header, behind which is the connection id and no length.
    /// </param>
    private static bool IsFilled(ReadOnlySpan<byte> bytes, in LongHeader first, bool mayEndShort = false)
    {
        bytes = bytes[first.End..];
        while (bytes.IndexOfAnyExcept((byte)0) >= 0)
        {
            if (mayEndShort && IsShort(bytes, first.TargetId)) return true;
            if (!LongHeader.TryRead(bytes, out var next) || next.Version != first.Version
                || !next.TargetId.SequenceEqual(first.TargetId)) return false;
            bytes = bytes[next.End..];
        }

        return true;
    }

    private static bool IsShort(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> targetId) =>
        (bytes[0] & 0xc0) == 0x40 && bytes.Length > targetId.Length + QuicWire.ProtectedBytesMin
        && bytes[1..].StartsWith(targetId);

    /// <summary>The server's Initial, 0-RTT, the end of a handshake: packets of a connection whose beginning was not
    /// seen. None can be opened, so that all there is to see must be as it should: version, ids that are some, and
    /// lengths that fill the datagram.</summary>
    private static Verdict ProbeJoined(ReadOnlySpan<byte> bytes, in LongHeader header)
    {
        var isReadable = header.Dialect is QuicDialect.Standard or QuicDialect.GoogleEncrypted && header.IsFixedBitSet
            && header.Type is QuicPacketType.Initial or QuicPacketType.EarlyData or QuicPacketType.Handshake;
        var hasIds = Math.Max(header.TargetId.Length, header.SourceId.Length) >= QuicWire.JoinedIdBytesMin;
        if (!isReadable || !hasIds || !IsFilled(bytes, in header, mayEndShort: true)) return Verdict.No;
        return Verdict.Yes;
    }

    /// <summary>Google's header of old: flags, eight bytes of connection id, `Q` and three digits.</summary>
    private static Verdict ProbePublic(ReadOnlySpan<byte> bytes, Direction direction)
    {
        if (!IsPublic(bytes[0])) return Verdict.No;

        var version = BinaryPrimitives.ReadUInt32BigEndian(bytes[9..]);
        if (QuicVersions.DialectOf(version) != QuicDialect.GooglePublic) return Verdict.No;
        return direction == Direction.ToServer ? Verdict.Yes : Verdict.YesReversed;
    }

    /// <summary>Version and connection id are there, nothing reset, nothing reserved.</summary>
    private static bool IsPublic(byte first) => (first & 0xcb) == 0x09;

    private static bool IsGoogleHello(ReadOnlySpan<byte> frames) =>
        frames[..Math.Min(frames.Length, GoogleHello.LookBytesMax)].IndexOf("CHLO"u8) >= 0;
}
