using System.Buffers.Binary;
using NetSniff.Buffers;
using NetSniff.Records;

namespace NetSniff.Protocols.Quic;

/// <summary>QUIC up to where its keys become private (RFC 9000, 9001, 9369, the drafts from 23 on, Google's versions):
/// Initials are opened, the hellos in them read, one record a connection, and the rest costs nothing.</summary>
public sealed partial class QuicParser : DatagramParser, IProtocol
{
    /// <summary>Handshakes followed at the same time on one shard; the oldest makes room for a new one.</summary>
    public const int ConnectionsMax = 8192;

    /// <summary>Bytes of hellos in pieces, over all connections of a shard.</summary>
    public const long HeldBytesMax = 32 << 20;

    /// <summary>Datagrams of one flow looked at for its hellos.</summary>
    public const int DatagramsMax = 64;

    private readonly FlowStates<QuicConnection> _connections = new(ConnectionsMax);
    private readonly BufferPool _pool = new(HeldBytesMax);

    public static ProtocolInfo Info { get; } = new(
        "quic",
        Transport.Datagram,
        [443, 80, 853, 8443, 4433],
        HeldBytesMax: 0,
        "QUIC handshakes: versions, server name, ALPN, JA3 and JA4 fingerprints, retries, 0-RTT.");

    /// <summary>Connections whose record was made early because there was no room for more.</summary>
    public long Evicted { get; private set; }

    /// <summary>Initials that no known key opens.</summary>
    public long Undecryptable { get; private set; }

    /// <summary>Pieces of hellos that did not fit below a limit.</summary>
    public long PiecesRefused { get; private set; }

    /// <summary>Connections followed now.</summary>
    public int Open => _connections.Count;

    public override DatagramResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        if (_connections.Find(context) is not { } connection)
        {
            // Given up before to make room, and said so then.
            if (context.Slot != 0) return Leave(context, mark: 0);
            // Joined behind its beginning: it has a name, and what began is not told without having been seen.
            if (!IsBeginning(bytes, direction, context)) return Leave(context, NoConnection);
            connection = Begin(context);
        }
        else if (IsOfAnother(connection, bytes, direction, out var isBeginning))
        {
            if (!isBeginning) return DatagramResult.Done;
            EmitAndEnd(connection, context);
            context.Slot = 0;
            connection = Begin(context);
        }

        connection.Datagrams++;
        var result = TakeDatagram(connection, bytes, direction, context);
        if (!connection.IsComplete && connection.Datagrams < DatagramsMax) return result;

        var mark = MarkOf(connection);
        EmitAndEnd(connection, context);
        return Leave(context, mark);
    }

    public override void EndFlow(ParseContext context)
    {
        if (_connections.Find(context) is not { } connection) return;

        connection.Context = context.Records.Context;
        EmitAndEnd(connection, context);
    }

    public override IEnumerable<ParserLoss> Losses =>
    [
        new("handshakes given up at the cap", Evicted),
        new("pieces refused at a cap", PiecesRefused),
        new("Initials that no key opens", Undecryptable),
    ];

    public override void Reset()
    {
        while (_connections.Count > 0) End(_connections.Oldest);
    }

    /// <param name="mark">What the flow keeps for <see cref="BeginsAgain"/>; 0 where nothing more is to be told of it.
    /// </param>
    private static DatagramResult Leave(ParseContext context, uint mark)
    {
        context.Slot = mark;
        return DatagramResult.Finished;
    }

    private QuicConnection Begin(ParseContext context)
    {
        if (_connections.IsFull)
        {
            Evicted++;
            EmitAndEnd(_connections.Oldest, context);
        }

        var connection = _connections.Add(context);
        connection.StartNanos = context.NowNanos;
        return connection;
    }

    private void EmitAndEnd(QuicConnection connection, ParseContext context)
    {
        Emit(connection, context.Records);
        End(connection);
    }

    private void End(QuicConnection connection)
    {
        connection.Reset(_pool);
        _connections.Remove(connection);
    }

    /// <summary>Packets may share a datagram (RFC 9000 section 12.2).</summary>
    private DatagramResult TakeDatagram(
        QuicConnection connection, ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        if (QuicVersions.DialectOf(connection.Version) == QuicDialect.GooglePublic || connection.Version == 0)
        {
            connection.IsCut |= context.MissingBytes > 0 && direction == Direction.ToServer;
            if (TakePublic(connection, bytes, direction, context)) return DatagramResult.Done;
        }

        var isUnderstood = false;
        while (!bytes.IsEmpty && LongHeader.IsLong(bytes[0]))
        {
            if (!LongHeader.TryRead(bytes, out var header)) break;

            isUnderstood = true;
            // Packets that say their length are whole or not read.
            connection.IsCut |= context.MissingBytes > 0
                && (header.Dialect == QuicDialect.GoogleLong || header.Type == QuicPacketType.VersionNegotiation);
            TakePacket(connection, bytes[..header.End], in header, direction, context);
            bytes = bytes[header.End..];
        }

        // A short header ends the datagram; nothing of it is to be seen.
        isUnderstood |= !bytes.IsEmpty && !LongHeader.IsLong(bytes[0]);
        return isUnderstood ? DatagramResult.Done : DatagramResult.Broken;
    }

    private void TakePacket(
        QuicConnection connection, ReadOnlySpan<byte> packet, in LongHeader header, Direction direction,
        ParseContext context)
    {
        if (direction == Direction.ToServer && connection.Version == 0) connection.Name(in header, context.NowNanos);
        if (direction == Direction.ToServer && header.Dialect == QuicDialect.Reserved)
        {
            connection.NameTarget(header.TargetId);
        }

        switch (header.Type)
        {
            case QuicPacketType.VersionNegotiation:
                if (direction == Direction.ToClient) connection.TakeVersions(header.Versions);
                break;
            case QuicPacketType.Retry:
                if (direction == Direction.ToClient) connection.IsRetried = true;
                break;
            case QuicPacketType.EarlyData:
                connection.IsEarlyDataSeen |= direction == Direction.ToServer;
                break;
            case QuicPacketType.Initial when header.Dialect == QuicDialect.GoogleLong:
                TakeGoogle(connection, packet[header.NumberOffset..], in header, direction, context);
                break;
            case QuicPacketType.Initial when header.Dialect != QuicDialect.Reserved:
                TakeInitial(connection, packet, in header, direction, context);
                break;
            case QuicPacketType.Handshake:
                if (direction == Direction.ToClient) Answer(connection, in header, context);
                break;
        }
    }

    private static void Answer(QuicConnection connection, in LongHeader header, ParseContext context)
    {
        if (connection.AnswerNanos != 0) return;

        connection.AnswerNanos = context.NowNanos;
        connection.VersionSelected = header.Version;
        connection.NameServer(header.SourceId);
    }

    /// <summary>Google's packets of old carry the version until the server has answered.</summary>
    private static bool TakePublic(
        QuicConnection connection, ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        if (direction == Direction.ToClient)
        {
            if (connection.Version == 0) return false;
            var answer = new LongHeader { Version = connection.Version };
            Answer(connection, in answer, context);
            return true;
        }

        if (bytes.Length < PublicHeaderSize || ProbePublic(bytes, direction) != Verdict.Yes)
        {
            return connection.Version != 0;
        }

        var header = new LongHeader
        {
            Version = BinaryPrimitives.ReadUInt32BigEndian(bytes[9..]),
            TargetId = bytes[1..9],
        };
        if (connection.Version == 0) connection.Name(in header, context.NowNanos);
        connection.NameTarget(header.TargetId);
        connection.Client.Initials++;
        connection.Google.Read(bytes[PublicHeaderSize..]);
        return true;
    }

    private static void TakeGoogle(
        QuicConnection connection, ReadOnlySpan<byte> frames, in LongHeader header, Direction direction,
        ParseContext context)
    {
        if (direction == Direction.ToServer)
        {
            connection.Client.Initials++;
            connection.NameTarget(header.TargetId);
            connection.Google.Read(frames);
            return;
        }

        connection.Server.Initials++;
        Answer(connection, in header, context);
    }

    private static void Emit(QuicConnection connection, RecordSink records)
    {
        var present = records.Context;
        records.Context = connection.Context;
        Write(connection, records);
        records.Context = present;
    }
}
