using NetSniff.Buffers;
using NetSniff.Protocols.Tls;
using NetSniff.Records;

namespace NetSniff.Protocols.Dtls;

/// <summary>DTLS 1.0, 1.2 and 1.3 (RFC 4347, 6347, 9147) up to the point where both sides encrypt: the `tls` record of
/// the handshake, and the rest costs nothing. Shares flows with STUN, RTP and the like (RFC 7983).</summary>
public sealed partial class DtlsParser : DatagramParser, IProtocol
{
    /// <summary>Handshakes followed at the same time on one shard; the oldest makes room for a new one.</summary>
    public const int ConnectionsMax = 4096;

    /// <summary>Bytes of messages in pieces, over all connections of a shard.</summary>
    public const long HeldBytesMax = 32 << 20;

    /// <summary>Datagrams of one flow looked at for its handshake, those of other protocols among them.</summary>
    public const int DatagramsMax = 256;

    private readonly FlowStates<DtlsConnection> _connections = new(ConnectionsMax);
    private readonly BufferPool _pool = new(HeldBytesMax);

    public static ProtocolInfo Info { get; } = new(
        "dtls",
        Transport.Datagram,
        [443, 4433, 5061, 5349, 5684, 853],
        HeldBytesMax: 0,
        "TLS over UDP: server name, version, JA3, JA3S and JA4 fingerprints, certificate.");

    /// <summary>Connections whose record was made early because there was no room for more.</summary>
    public long Evicted { get; private set; }

    /// <summary>Pieces of messages that did not fit below a limit.</summary>
    public long PiecesRefused { get; private set; }

    /// <summary>Connections followed now.</summary>
    public int Open => _connections.Count;

    public override DatagramResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        if (_connections.Find(context) is not { } connection)
        {
            // Given up before to make room, and said so then.
            if (context.Slot != 0) return Leave(context);
            connection = Begin(context);
        }

        connection.Datagrams++;
        var isOurs = IsOurs(bytes);
        var isUnderstood = !isOurs || TakeRecords(connection, bytes, direction, context);
        connection.IsCut |= !isUnderstood && context.MissingBytes > 0;
        if (!IsOver(connection, context) && connection.Datagrams < DatagramsMax)
        {
            return isUnderstood ? DatagramResult.Done : DatagramResult.Broken;
        }

        Emit(connection, context.Records);
        End(connection);
        return Leave(context);
    }

    public override void EndFlow(ParseContext context)
    {
        if (_connections.Find(context) is not { } connection) return;

        connection.Context = context.Records.Context;
        Emit(connection, context.Records);
        End(connection);
    }

    public override IEnumerable<ParserLoss> Losses =>
        [new("handshakes given up at the cap", Evicted), new("pieces refused at a cap", PiecesRefused)];

    public override void Reset()
    {
        while (_connections.Count > 0) End(_connections.Oldest);
    }

    private static DatagramResult Leave(ParseContext context)
    {
        context.Slot = 0;
        return DatagramResult.Finished;
    }

    private DtlsConnection Begin(ParseContext context)
    {
        if (_connections.IsFull)
        {
            Evicted++;
            var oldest = _connections.Oldest;
            Emit(oldest, context.Records);
            End(oldest);
        }

        var connection = _connections.Add(context);
        connection.Times.StartNanos = context.NowNanos;
        return connection;
    }

    private void End(DtlsConnection connection)
    {
        connection.Reset(_pool);
        _connections.Remove(connection);
    }

    /// <summary>Nothing more in clear is to come: both sides encrypt, or one does and no hello was seen before it.
    /// </summary>
    private static bool IsOver(DtlsConnection connection, ParseContext context)
    {
        if (!connection.IsClientSealed && !connection.IsServerSealed) return false;
        if (!connection.HasHello) return true;
        if (!connection.IsClientSealed || !connection.IsServerSealed) return false;

        connection.Times.EncryptedNanos = context.NowNanos;
        return true;
    }

    private bool TakeRecords(
        DtlsConnection connection, ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        ref var isSealed = ref direction == Direction.ToServer
            ? ref connection.IsClientSealed
            : ref connection.IsServerSealed;
        while (!bytes.IsEmpty)
        {
            if (DtlsRecordHeader.IsSealed(bytes[0]))
            {
                isSealed = true;
                return true;
            }

            if (!DtlsRecordHeader.TryRead(bytes, out var header)) return false;

            var body = bytes.Slice(DtlsRecordHeader.Size, header.Length);
            bytes = bytes[(DtlsRecordHeader.Size + header.Length)..];
            if (header.Epoch > 0 || header.Type is ContentType.ChangeCipherSpec or ContentType.ApplicationData)
            {
                isSealed = true;
            }
            else if (header.Type == ContentType.Alert && body is [var level, var code])
            {
                connection.Handshake.ReadAlert(level, code, direction);
            }
            else if (header.Type == ContentType.Handshake && !TakeHandshake(connection, body, direction, context))
            {
                connection.Handshake.IsMalformed = true;
                return false;
            }
        }

        return true;
    }

    private bool TakeHandshake(
        DtlsConnection connection, ReadOnlySpan<byte> body, Direction direction, ParseContext context)
    {
        var reader = new ByteReader(body);
        while (reader.Remaining > 0)
        {
            if (!DtlsFragment.TryRead(ref reader, out var fragment)) return false;

            var bytes = reader.Take(fragment.Length);
            if (reader.RanShort) return false;

            var message = bytes;
            if (!fragment.IsWhole)
            {
                if (Wanted(connection, fragment.Type, direction) is not { } pieces) continue;
                if (!pieces.TryAdd(fragment, bytes, _pool, out message)) PiecesRefused++;
                if (message.IsEmpty) continue;
            }

            Deliver(connection, in fragment, direction, message, context);
        }

        return true;
    }

    private static DtlsMessage? Wanted(DtlsConnection connection, byte type, Direction direction) => type switch
    {
        HandshakeType.ClientHello when direction == Direction.ToServer && !connection.Handshake.HasClientHello =>
            connection.ClientHello,
        HandshakeType.ServerHello when direction == Direction.ToClient => connection.ServerHello,
        HandshakeType.Certificate when direction == Direction.ToClient => connection.Certificate,
        _ => null,
    };

    private static void Deliver(
        DtlsConnection connection, in DtlsFragment fragment, Direction direction, ReadOnlySpan<byte> body,
        ParseContext context)
    {
        var type = fragment.Type;
        var handshake = connection.Handshake;
        if (direction == Direction.ToServer)
        {
            if (type == HandshakeType.ClientHello)
            {
                // Messages are numbered from 0: any other number answers a cookie or a retry.
                handshake.ReadClientHello(body, TlsCarrier.Datagram, isRepeat: fragment.Number > 0);
                if (connection.Times.ClientHelloNanos == 0) connection.Times.ClientHelloNanos = context.NowNanos;
            }
            else if (type == HandshakeType.Certificate)
            {
                handshake.HasClientCertificate = body.Length > 3; // an empty list says there is none
            }

            return;
        }

        switch (type)
        {
            case HandshakeType.ServerHello:
                var isRepeat = fragment.Number > 0 && !handshake.IsRetried && !handshake.IsCookieAsked;
                handshake.ReadServerHello(body, isRepeat);
                if (connection.Times.AnswerNanos == 0) connection.Times.AnswerNanos = context.NowNanos;
                break;
            case HandshakeType.HelloVerifyRequest:
                handshake.IsCookieAsked = true;
                break;
            case HandshakeType.Certificate:
                handshake.ReadCertificates(body);
                break;
            case HandshakeType.NewSessionTicket:
                handshake.HasTicket = true;
                break;
        }
    }

    private static void Emit(DtlsConnection connection, RecordSink records)
    {
        var present = records.Context;
        records.Context = connection.Context;
        var isWhole = connection.Times.EncryptedNanos != 0 && !connection.IsCut;
        connection.Handshake.Emit(
            records, in connection.Times, isWhole ? RecordTraits.None : RecordTraits.Partial);
        records.Context = present;
    }
}
