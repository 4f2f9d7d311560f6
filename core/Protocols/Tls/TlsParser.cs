using NetSniff.Records;

namespace NetSniff.Protocols.Tls;

/// <summary>TLS over TCP, SSL 3.0 to TLS 1.3 with its drafts (RFC 8446, RFC 5246, RFC 6101), up to the point where both
/// sides encrypt: one record a connection, then the rest costs nothing.</summary>
/// <remarks>Nothing is left in the stream: records and messages are followed byte by byte across segments, and only a
/// message that is of use and comes in pieces is copied together.</remarks>
public sealed partial class TlsParser : StreamParser, IProtocol
{
    /// <summary>Most bytes of one handshake message kept when it comes in pieces; of a longer one, the beginning.
    /// A chain of certificates is the longest there is, and its leaf is first.</summary>
    public const int MessageBytesMax = 64 * 1024;

    /// <summary>A message that claims to be longer is no message.</summary>
    public const int MessageClaimMax = 1 << 20;

    /// <summary>Encrypted bytes one side may send while the other is not seen to encrypt, before we stop waiting: a
    /// capture of one direction.</summary>
    public const int OneSidedBytesMax = 256 * 1024;

    // The first five bytes of an SSL 2.0 hello are read as a header too.
    private const byte OldHello = 0x80;

    private readonly TlsHandshake _handshake = new();
    private Side _client;
    private Side _server;
    private HandshakeTimes _times;
    private bool _isPartial;
    private bool _isEmitted;
    private int _clientHellos;

    public static ProtocolInfo Info { get; } = new(
        "tls",
        Transport.Stream,
        [443, 465, 563, 587, 636, 853, 989, 990, 993, 995, 4433, 5061, 5671, 6443, 8443, 8883, 9093],
        HeldBytesMax: 64,
        "TLS handshakes: server name, version, ALPN, JA3, JA3S and JA4 fingerprints, certificate, alerts.");

    public override ParseResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        ref var side = ref direction == Direction.ToServer ? ref _client : ref _server;
        if (_times.StartNanos == 0) _times.StartNanos = context.NowNanos;
        var position = 0;
        while (position < bytes.Length)
        {
            if (side.IsLost) return Settle(ref side, bytes.Length, bytes.Length - position, context);

            if (side.RecordLeft == 0)
            {
                if (!side.TryTakeHeader(bytes, ref position)) break;
                if (!TryBeginRecord(ref side, direction)) return GiveUp(position, context);
                if (ShouldFinish(ref side, 0)) return Finish(position, context);
                continue;
            }

            var chunk = bytes.Slice(position, Math.Min(side.RecordLeft, bytes.Length - position));
            position += chunk.Length;
            side.RecordLeft -= chunk.Length;
            TakeRecord(ref side, direction, chunk, context);
            if (ShouldFinish(ref side, chunk.Length)) return Finish(position, context);
        }

        return ParseResult.Done(position);
    }

    /// <summary>A gap inside a record is stepped over when it ends there too; after any other, that side is given up
    /// and the other one read on.</summary>
    public override bool TryResync(Direction direction, long missing, ParseContext context)
    {
        ref var side = ref direction == Direction.ToServer ? ref _client : ref _server;
        _isPartial = true;
        if (missing < 0 || missing > side.RecordLeft)
        {
            side.IsLost = side.IsEncrypted = true;
            return true;
        }

        side.RecordLeft -= (int)missing;
        side.SkipInMessage((int)missing);
        return true;
    }

    public override void End(ParseContext context) => Emit(context);

    public override void Reset()
    {
        _handshake.Reset();
        _client.Reset();
        _server.Reset();
        _times = default;
        _isPartial = _isEmitted = false;
        _clientHellos = 0;
    }

    /// <summary>Looks at a record header that is complete.</summary>
    /// <returns>False when it is none.</returns>
    private bool TryBeginRecord(ref Side side, Direction direction)
    {
        var header = side.Header;
        side.ClearHeader();
        var type = (byte)(header >> 32);
        if ((type & 0x80) != 0) return TryBeginOldHello(ref side, direction, header);

        var length = (int)(header & 0xffff);
        if (type is < ContentType.ChangeCipherSpec or > ContentType.Heartbeat
            || !TlsWire.IsRecordVersion((byte)(header >> 24), (byte)(header >> 16))
            || length > TlsWire.RecordBytesMax)
        {
            return false;
        }

        side.RecordType = type;
        side.RecordLeft = length;
        side.AlertLength = length;
        side.HasRecords = true;
        if (type is ContentType.ChangeCipherSpec or ContentType.ApplicationData) MarkEncrypted(ref side, direction);
        return true;
    }

    /// <summary>From here on this side's handshake records are ciphertext. The change-cipher-spec that TLS 1.3 sends
    /// for
    /// the sake of middleboxes (RFC 8446 appendix D.4) may come around a retry, when nothing is encrypted yet.
    /// </summary>
    private void MarkEncrypted(ref Side side, Direction direction)
    {
        var isRetryOpen = _handshake.IsRetried && !_handshake.HasServerHello;
        if (isRetryOpen && (direction == Direction.ToClient || _clientHellos < 2)) return;
        side.IsEncrypted = true;
    }

    private void TakeRecord(ref Side side, Direction direction, ReadOnlySpan<byte> chunk, ParseContext context)
    {
        switch (side.RecordType)
        {
            case ContentType.Handshake when !side.IsEncrypted:
                TakeHandshake(ref side, direction, chunk, context);
                break;
            case ContentType.Alert when !side.IsEncrypted:
                TakeAlert(ref side, direction, chunk);
                break;
        }
    }

    // An alert in clear is two bytes; one that is not was encrypted.
    private void TakeAlert(ref Side side, Direction direction, ReadOnlySpan<byte> chunk)
    {
        if (side.AlertLength != 2) return;

        foreach (var octet in chunk) side.Alert = (ushort)(side.Alert << 8 | octet);
        if (side.RecordLeft == 0) _handshake.ReadAlert((byte)(side.Alert >> 8), (byte)side.Alert, direction);
    }

    private bool ShouldFinish(ref Side side, int chunkLength)
    {
        if (!side.IsEncrypted) return false;

        side.EncryptedBytes += chunkLength;
        if (side.EncryptedBytes > OneSidedBytesMax) return true;
        if (!_client.IsEncrypted || !_server.IsEncrypted)
        {
            // Ciphertext and no hello before it: the handshake was over before the capture began.
            return !_handshake.HasClientHello && !_handshake.HasAnswer;
        }

        // 0-RTT data came before the server's answer; that is still to be read.
        return _handshake.HasServerHello || !_handshake.HasClientHello || _server.HasRecords;
    }

    private ParseResult Finish(int consumed, ParseContext context)
    {
        if (_client.IsEncrypted && _server.IsEncrypted) _times.EncryptedNanos = context.NowNanos;
        else _isPartial = true;
        Emit(context);
        return ParseResult.Finished(consumed);
    }

    private ParseResult Settle(ref Side side, int consumed, int unread, ParseContext context) =>
        ShouldFinish(ref side, unread) ? Finish(consumed, context) : ParseResult.Done(consumed);

    private ParseResult GiveUp(int consumed, ParseContext context)
    {
        _handshake.IsMalformed = true;
        Emit(context);
        return ParseResult.Broken(consumed);
    }

    private void Emit(ParseContext context)
    {
        if (_isEmitted) return;

        _isEmitted = true;
        var isWhole = _times.EncryptedNanos != 0 && !_isPartial && !context.IsMidstream;
        _handshake.Emit(context.Records, in _times, isWhole ? RecordTraits.None : RecordTraits.Partial);
    }
}
