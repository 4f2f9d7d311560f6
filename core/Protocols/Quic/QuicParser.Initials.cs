using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetSniff.Buffers;
using NetSniff.Protocols.Tls;

namespace NetSniff.Protocols.Quic;

/// <content>What is in an Initial.</content>
public sealed partial class QuicParser
{
    [SkipLocalsInit]
    private void TakeInitial(
        QuicConnection connection, ReadOnlySpan<byte> packet, in LongHeader header, Direction direction,
        ParseContext context)
    {
        Span<byte> plain = stackalloc byte[InitialKeys.PacketBytesMax];
        var length = direction == Direction.ToServer
            ? OpenClients(connection, packet, in header, plain)
            : OpenServers(connection, packet, in header, plain);
        var side = direction == Direction.ToServer ? connection.Client : connection.Server;
        side.Initials++;
        if (direction == Direction.ToClient) Answer(connection, in header, context);
        if (length < 0)
        {
            Undecryptable++;
            connection.Note(QuicProblem.Undecryptable);
            return;
        }

        if (direction == Direction.ToServer && connection.Keys.IsFor(header.Version, header.TargetId))
        {
            connection.NameTarget(header.TargetId);
        }

        var frames = plain[..length];
        if (header.Dialect == QuicDialect.GoogleEncrypted) connection.Google.Read(frames);
        else if (!TakeFrames(connection, side, frames, direction)) connection.Note(QuicProblem.BadFrame);
        ReadMessages(connection, side, direction);
    }

    /// <summary>The keys at hand, or those that follow from the packet itself: it is the first, or the first after a
    /// retry (RFC 9001 section 5.2) or a refused version.</summary>
    private static int OpenClients(
        QuicConnection connection, ReadOnlySpan<byte> packet, in LongHeader header, Span<byte> plain)
    {
        ref var largest = ref connection.Client.LargestNumber;
        if (!connection.Keys.HasKeys) InitialKeys.TakeProbed(ref connection.Keys, header.Version, header.TargetId);
        if (connection.Keys.TryTurnTo(header.Version))
        {
            var length = connection.Keys.Open(packet, in header, isFromServer: false, ref largest, plain);
            if (length >= 0 || connection.Keys.IsFor(header.Version, header.TargetId)) return length;
        }

        // The server's choice of id makes no keys, so what opened before must not be forgotten for it.
        if (connection.AnswerNanos != 0 && connection.Keys.HasKeys) return -1;
        return connection.Keys.TryDerive(header.Version, header.TargetId)
            ? connection.Keys.Open(packet, in header, isFromServer: false, ref largest, plain)
            : -1;
    }

    private static int OpenServers(
        QuicConnection connection, ReadOnlySpan<byte> packet, in LongHeader header, Span<byte> plain) =>
        connection.Keys.TryTurnTo(header.Version)
            ? connection.Keys.Open(packet, in header, isFromServer: true, ref connection.Server.LargestNumber, plain)
            : -1;

    /// <summary>The frames that an Initial may carry (RFC 9000 section 12.4).</summary>
    private bool TakeFrames(QuicConnection connection, QuicSide side, ReadOnlySpan<byte> frames, Direction direction)
    {
        const int Padding = 0, Ping = 1, Ack = 2, AckWithMarks = 3, Crypto = 6, Close = 0x1c;
        var reader = new ByteReader(frames);
        while (reader.Remaining > 0)
        {
            var type = QuicWire.ReadVarint(ref reader);
            switch (type)
            {
                case Padding:
                    var padding = reader.Rest.IndexOfAnyExcept((byte)0);
                    reader.Skip(padding < 0 ? reader.Remaining : padding);
                    break;
                case Ping:
                    break;
                case Ack or AckWithMarks:
                    SkipAck(ref reader, hasMarks: type == AckWithMarks);
                    break;
                case Crypto:
                    var offset = QuicWire.ReadLength(ref reader);
                    var bytes = reader.Take(QuicWire.ReadLength(ref reader));
                    if (!reader.RanShort) TakeCrypto(connection, side, offset, bytes);
                    break;
                case Close or Close + 1:
                    TakeClose(connection, ref reader, isTransport: type == Close, direction);
                    break;
                default:
                    return false;
            }

            if (reader.RanShort) return false;
        }

        return true;
    }

    private static void SkipAck(ref ByteReader reader, bool hasMarks)
    {
        QuicWire.ReadVarint(ref reader); // largest
        QuicWire.ReadVarint(ref reader); // delay
        var ranges = QuicWire.ReadVarint(ref reader);
        QuicWire.ReadVarint(ref reader); // first range
        for (; ranges > 0 && !reader.RanShort; ranges--)
        {
            QuicWire.ReadVarint(ref reader);
            QuicWire.ReadVarint(ref reader);
        }

        for (var marks = hasMarks ? 3 : 0; marks > 0; marks--) QuicWire.ReadVarint(ref reader);
    }

    private static void TakeClose(
        QuicConnection connection, ref ByteReader reader, bool isTransport, Direction direction)
    {
        var code = QuicWire.ReadVarint(ref reader);
        if (isTransport) QuicWire.ReadVarint(ref reader); // type of the frame at fault
        reader.Skip(QuicWire.ReadLength(ref reader));
        if (reader.RanShort || connection.HasClose) return;

        (connection.HasClose, connection.CloseCode) = (true, code);
        connection.IsCloseFromServer = direction == Direction.ToClient;
    }

    private void TakeCrypto(QuicConnection connection, QuicSide side, int offset, ReadOnlySpan<byte> bytes)
    {
        if (side.Crypto.TryAdd(offset, bytes, _pool)) return;

        PiecesRefused++;
        connection.Note(QuicProblem.HelloTooLong);
    }

    /// <summary>Handshake messages that are whole, in order.</summary>
    private static void ReadMessages(QuicConnection connection, QuicSide side, Direction direction)
    {
        var bytes = side.Crypto.Start;
        while (bytes.Length - side.CryptoRead >= TlsWire.MessageHeaderSize)
        {
            var message = bytes[side.CryptoRead..];
            var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(message) & 0xffffff);
            if (message.Length - TlsWire.MessageHeaderSize < length) return;

            var body = message.Slice(TlsWire.MessageHeaderSize, length);
            side.CryptoRead += TlsWire.MessageHeaderSize + length;
            switch (message[0])
            {
                case HandshakeType.ClientHello when direction == Direction.ToServer:
                    connection.Handshake.ReadClientHello(body, TlsCarrier.Quic);
                    break;
                case HandshakeType.ServerHello when direction == Direction.ToClient:
                    connection.Handshake.ReadServerHello(body);
                    break;
                default:
                    connection.Note(QuicProblem.NotAHello);
                    break;
            }
        }
    }
}
