namespace NetSniff.Protocols.Tls;

/// <content>Whether bytes look like TLS.</content>
public sealed partial class TlsParser
{
    // Record header, message header, version.
    private const int HelloProbeSize = TlsWire.RecordHeaderSize + TlsWire.MessageHeaderSize + 2;

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        if (bytes.IsEmpty) return Verdict.Maybe;
        if ((bytes[0] & 0x80) != 0) return ProbeOldHello(bytes, direction);
        if (bytes[0] is < ContentType.ChangeCipherSpec or > ContentType.ApplicationData) return Verdict.No;
        if (bytes.Length > 1 && bytes[1] != 3) return Verdict.No;
        if (bytes.Length > 2 && bytes[2] > 4) return Verdict.No;
        if (bytes.Length < TlsWire.RecordHeaderSize) return Verdict.Maybe;

        var length = bytes[3] << 8 | bytes[4];
        if (length is 0 or > TlsWire.RecordBytesMax) return Verdict.No;

        return bytes[0] switch
        {
            ContentType.Handshake => ProbeHandshake(bytes, length, direction, hints),
            ContentType.Alert => ProbeAlert(bytes, length, hints),
            ContentType.ChangeCipherSpec => ProbeChange(bytes, length, hints),
            // Ciphertext is no beginning, but all that is left of a connection older than the capture.
            _ => hints.IsFromStart ? Verdict.No : ProbeNext(bytes, length, hints),
        };
    }

    private static Verdict ProbeHandshake(ReadOnlySpan<byte> bytes, int length, Direction direction, ProbeHints hints)
    {
        if (bytes.Length == TlsWire.RecordHeaderSize) return Verdict.Maybe;

        var type = bytes[5];
        var isClients = type == HandshakeType.ClientHello;
        if (!isClients && type is not (HandshakeType.ServerHello or HandshakeType.HelloRetryRequest))
        {
            // A later message, or an encrypted one: never a beginning.
            if (hints.IsFromStart || length < TlsWire.MessageHeaderSize) return Verdict.No;
            return ProbeNext(bytes, length, hints);
        }

        // A hello is at least version and random, and no peer cuts the first record shorter than its header.
        if (length < TlsWire.MessageHeaderSize) return Verdict.Maybe;
        if (bytes.Length >= 9)
        {
            var messageLength = bytes[6] << 16 | bytes[7] << 8 | bytes[8];
            if (messageLength is < 2 + TlsWire.RandomSize or > MessageClaimMax) return Verdict.No;
        }

        if (bytes.Length < HelloProbeSize) return Verdict.Maybe;

        // Drafts of TLS 1.3 wrote themselves into the hello's version: 7fxx, 7exx.
        var isVersion = bytes[9] == 3 ? bytes[10] <= 4 : bytes[9] is 0x7e or 0x7f or 0xfb;
        if (!isVersion && length > TlsWire.MessageHeaderSize + 1) return Verdict.No;
        return isClients == (direction == Direction.ToServer) ? Verdict.Yes : Verdict.YesReversed;
    }

    private static Verdict ProbeAlert(ReadOnlySpan<byte> bytes, int length, ProbeHints hints)
    {
        // An answer in clear: warning or fatal, then a description.
        if (length != 2) return hints.IsFromStart ? Verdict.No : ProbeNext(bytes, length, hints);
        if (bytes.Length < 7) return bytes.Length == 6 && bytes[5] is not (1 or 2) ? Verdict.No : Verdict.Maybe;
        return bytes[5] is 1 or 2 && !TlsNames.Alert(bytes[6]).IsEmpty ? Verdict.Yes : Verdict.No;
    }

    private static Verdict ProbeChange(ReadOnlySpan<byte> bytes, int length, ProbeHints hints)
    {
        if (hints.IsFromStart || length != 1) return Verdict.No;
        if (bytes.Length == TlsWire.RecordHeaderSize) return Verdict.Maybe;
        return bytes[5] == 1 ? ProbeNext(bytes, length, hints) : Verdict.No;
    }

    /// <summary>Five bytes of header are thin evidence: the next header, or a port where TLS lives, must back them.
    /// </summary>
    private static Verdict ProbeNext(ReadOnlySpan<byte> bytes, int length, ProbeHints hints)
    {
        foreach (var port in Info.Ports)
        {
            if (hints.IsPort(port)) return Verdict.Yes;
        }

        var rest = bytes[Math.Min(bytes.Length, TlsWire.RecordHeaderSize + length)..];
        if (rest.Length < 3) return Verdict.Maybe;
        return rest[0] is >= ContentType.ChangeCipherSpec and <= ContentType.ApplicationData
            && rest[1] == bytes[1] && rest[2] == bytes[2]
                ? Verdict.Yes
                : Verdict.No;
    }

    private static Verdict ProbeOldHello(ReadOnlySpan<byte> bytes, Direction direction)
    {
        // Length, type, version, then the lengths of three lists that fill the message (RFC 5246 appendix E.2).
        const int OldHeaderSize = 11;
        const int OldCipherSize = 3;
        if (direction != Direction.ToServer || (bytes.Length > 2 && bytes[2] != OldMessage.ClientHello)) return Verdict.No;
        if (bytes.Length >= 5 && !OldMessage.IsVersion((ushort)(bytes[3] << 8 | bytes[4]))) return Verdict.No;
        if (bytes.Length < OldHeaderSize) return Verdict.Maybe;

        var length = (bytes[0] & 0x7f) << 8 | bytes[1];
        var ciphers = bytes[5] << 8 | bytes[6];
        var session = bytes[7] << 8 | bytes[8];
        var challenge = bytes[9] << 8 | bytes[10];
        var isSound = ciphers > 0 && ciphers % OldCipherSize == 0 && session is 0 or 16 && challenge is >= 16 and <= 32
            && OldHeaderSize - 2 + ciphers + session + challenge == length;
        return isSound ? Verdict.Yes : Verdict.No;
    }
}
