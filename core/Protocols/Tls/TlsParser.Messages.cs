namespace NetSniff.Protocols.Tls;

/// <content>Handshake messages, which run on over records as they like (RFC 8446 section 5.1).</content>
public sealed partial class TlsParser
{
    private const int BufferBytesAtFirst = 4 * 1024;

    private void TakeHandshake(ref Side side, Direction direction, ReadOnlySpan<byte> chunk, ParseContext context)
    {
        while (!chunk.IsEmpty)
        {
            if (!side.IsInMessage)
            {
                if (!side.TryTakeMessageHeader(ref chunk)) return;
                if (!HandshakeType.IsKnown(side.MessageType) || side.MessageLeft > MessageClaimMax)
                {
                    // Ciphertext without a change of cipher before it: the gap or the capture's start hid that.
                    side.IsEncrypted = _isPartial = true;
                    return;
                }

                if (direction == Direction.ToServer && side.MessageType == HandshakeType.Certificate)
                {
                    _handshake.HasClientCertificate = side.MessageLeft > 3; // an empty list says there is none
                }
            }

            var part = chunk[..Math.Min(side.MessageLeft, chunk.Length)];
            chunk = chunk[part.Length..];
            side.MessageLeft -= part.Length;
            var isWanted = IsWanted(side.MessageType, direction);
            if (side.MessageLeft > 0)
            {
                if (isWanted) side.Hold(part);
                continue;
            }

            if (isWanted && side.HeldCount > 0)
            {
                side.Hold(part);
                part = side.Held;
            }

            if (!side.IsMessageHoled) Deliver(in side, direction, part, context);
            side.EndMessage();
        }
    }

    private bool IsWanted(byte type, Direction direction) => direction == Direction.ToServer
        ? type == HandshakeType.ClientHello && _handshake.WantsClientHello
        : type is HandshakeType.ServerHello or HandshakeType.Certificate;

    /// <param name="body">All of a message that is wanted; of another perhaps its end alone.</param>
    private void Deliver(in Side side, Direction direction, ReadOnlySpan<byte> body, ParseContext context)
    {
        var type = side.MessageType;
        if (direction == Direction.ToServer)
        {
            if (type == HandshakeType.ClientHello)
            {
                _clientHellos++;
                _handshake.ReadClientHello(body, TlsCarrier.Stream);
                if (_times.ClientHelloNanos == 0) _times.ClientHelloNanos = context.NowNanos;
            }

            return;
        }

        switch (type)
        {
            case HandshakeType.ServerHello:
                _handshake.ReadServerHello(body);
                if (_times.AnswerNanos == 0) _times.AnswerNanos = context.NowNanos;
                break;
            case HandshakeType.HelloRetryRequest:
                _handshake.MarkRetried();
                break;
            case HandshakeType.Certificate:
                _handshake.ReadCertificates(body);
                break;
            case HandshakeType.NewSessionTicket:
                _handshake.HasTicket = true;
                break;
        }
    }

    /// <summary>SSL 2.0 framing: a length with the top bit set, then the message (RFC 5246 appendix E.2).</summary>
    private bool TryBeginOldHello(ref Side side, Direction direction, ulong header)
    {
        var type = (byte)(header >> 16);
        var version = (ushort)header;
        var left = ((int)(header >> 24) & 0x7fff) - 3;
        if (side.HasRecords || left < 0) return false;

        if (direction == Direction.ToServer && type == OldMessage.ClientHello && OldMessage.IsVersion(version))
        {
            _clientHellos++;
            _handshake.ReadOldClientHello(version);
        }
        else if (direction == Direction.ToClient && type == OldMessage.ServerHello && _handshake.HasClientHello)
        {
            // What follows is SSL 2.0 proper, of which we read no more.
            _handshake.ReadOldServerHello();
            _client.IsEncrypted = side.IsEncrypted = side.IsLost = true;
        }
        else
        {
            return false;
        }

        side.HasRecords = true;
        side.RecordType = OldHello;
        side.RecordLeft = left;
        return true;
    }
}

/// <summary>Messages of SSL 2.0 that still open conversations.</summary>
internal static class OldMessage
{
    public const byte ClientHello = 1, ServerHello = 4;

    public static bool IsVersion(ushort version) => version is 0x0002 or >= 0x0300 and <= 0x0304;
}
