using System.Buffers.Binary;
using NetSniff.Buffers;
using NetSniff.Protocols.Tls;

namespace NetSniff.Protocols.Dtls;

/// <content>Whether a datagram is DTLS.</content>
public sealed partial class DtlsParser
{
    /// <summary>Messages before and with a hello: a request, two hellos, a cookie, their repeats.</summary>
    private const int HelloNumberMax = 8;

    /// <summary>The first byte tells DTLS from what shares its flows: STUN, ZRTP, TURN, RTP (RFC 7983, RFC 9443).
    /// </summary>
    private static bool IsOurs(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && MayBegin(bytes[0]);

    public static bool MayBegin(byte first) => first is >= 20 and <= 63;

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        // The version first: it tells DTLS from almost all that begins like it.
        if (!IsOurs(bytes) || bytes.Length < DtlsRecordHeader.Size || !TlsWire.IsDatagramVersion(bytes[1], bytes[2]))
        {
            return Verdict.No;
        }

        if (!DtlsRecordHeader.TryRead(bytes, out var header)) return Verdict.No;
        if (header.Epoch == 0 && header.Type == ContentType.Handshake)
        {
            return ProbeHello(bytes.Slice(DtlsRecordHeader.Size, header.Length), direction);
        }

        // The middle of a connection: its records, and nothing but records, fill the datagram.
        return header.Epoch is > 0 and < 16 && header.Type != ContentType.ChangeCipherSpec && AreRecords(bytes)
            ? Verdict.Yes
            : Verdict.No;
    }

    private static Verdict ProbeHello(ReadOnlySpan<byte> body, Direction direction)
    {
        var reader = new ByteReader(body);
        if (!DtlsFragment.TryRead(ref reader, out var fragment)) return Verdict.No;
        if (fragment.Length > reader.Remaining || fragment.Number > HelloNumberMax || fragment.MessageLength < 3)
        {
            return Verdict.No;
        }

        if (fragment.Type is not (HandshakeType.ClientHello or HandshakeType.ServerHello
            or HandshakeType.HelloVerifyRequest)) return Verdict.No;

        // All three begin with a version.
        if (fragment.Start == 0 && fragment.Length >= 2)
        {
            var version = BinaryPrimitives.ReadUInt16BigEndian(reader.Rest);
            if (!TlsWire.IsDatagramVersion((byte)(version >> 8), (byte)version)) return Verdict.No;
        }

        var isClients = fragment.Type == HandshakeType.ClientHello;
        return isClients == (direction == Direction.ToServer) ? Verdict.Yes : Verdict.YesReversed;
    }

    private static bool AreRecords(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (!DtlsRecordHeader.TryRead(bytes, out var header)) return false;
            bytes = bytes[(DtlsRecordHeader.Size + header.Length)..];
        }

        return true;
    }
}
