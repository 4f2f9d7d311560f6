using NetSniff.Records;

namespace NetSniff.Protocols.Quic;

/// <content>Which of the connections of a flow a datagram is of: one socket may have several to the same server, one
/// after the other or at once.</content>
public sealed partial class QuicParser
{
    /// <summary>The mark of a flow that was joined behind its beginning.</summary>
    private const uint NoConnection = ParseContext.NothingOpen;

    private const int MarkBits = 10;

    /// <summary>A client's Initial that its own connection id opens, and that is none of the ids of the connection
    /// before.</summary>
    public override Verdict BeginsAgain(ReadOnlySpan<byte> bytes, Direction direction, uint word)
    {
        if (!TryReadInitial(bytes, out var header)) return Verdict.No;

        var mark = MarkOf(header.TargetId);
        const uint Mask = (1 << MarkBits) - 1;
        for (var marks = word & ~ParseContext.NothingOpen; marks != 0; marks >>= MarkBits)
        {
            if ((marks & Mask) == mark) return Verdict.No;
        }

        if (!Opens(bytes, in header)) return Verdict.No;
        return direction == Direction.ToServer ? Verdict.Yes : Verdict.YesReversed;
    }

    /// <summary>Whether a datagram of a flow without a connection is a client's first.</summary>
    private static bool IsBeginning(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        if (direction != Direction.ToServer) return false;
        if (!LongHeader.IsLong(bytes[0])) return true;
        if (!LongHeader.TryRead(bytes, out var header)) return false;
        if (InitialKeys.Probed is { HasOpened: true } keys && keys.IsFor(header.Version, header.TargetId)) return true;

        ref readonly var ends = ref context.Records.Context;
        return IsClients(bytes, in header, direction, new ProbeHints(ends.ClientPort, ends.ServerPort, true));
    }

    /// <summary>Whether a datagram is none of the connection at hand, whose handshake is under way.</summary>
    /// <param name="isBeginning">It begins another.</param>
    private static bool IsOfAnother(
        QuicConnection connection, ReadOnlySpan<byte> bytes, Direction direction, out bool isBeginning)
    {
        isBeginning = false;
        if (!LongHeader.IsLong(bytes[0]) || !LongHeader.TryRead(bytes, out var header)) return false;
        if (header.Type is not (QuicPacketType.Initial or QuicPacketType.Handshake)) return false;

        var isFromClient = direction == Direction.ToServer;
        var isStranger = connection.IsStranger(in header, isFromClient);
        if (!isFromClient || header.Type != QuicPacketType.Initial) return isStranger;

        isBeginning = (isStranger || IsUnknown(connection, in header)) && Opens(bytes, in header);
        return isStranger || isBeginning;
    }

    /// <summary>An end without an id of its own addresses the server by a new one only after it was told to: by a
    /// retry, which gave it a token, or with another version (RFC 9000 section 7.2). If not, it is another connection.
    /// </summary>
    private static bool IsUnknown(QuicConnection connection, in LongHeader header) =>
        header.Dialect == QuicDialect.Standard && header.Version == connection.Version && header.Token.IsEmpty
        && header.SourceId.IsEmpty && connection.SourceId.IsEmpty && !connection.TargetId.IsEmpty
        && !header.TargetId.SequenceEqual(connection.TargetId) && !header.TargetId.SequenceEqual(connection.ServerId);

    private static bool TryReadInitial(ReadOnlySpan<byte> bytes, out LongHeader header) =>
        LongHeader.TryRead(bytes, out header) && header.Type == QuicPacketType.Initial && header.IsFixedBitSet
        && header.Dialect is QuicDialect.Standard or QuicDialect.GoogleEncrypted;

    /// <summary>By what ids the client addressed the server: its own, what a retry made of it, the server's.</summary>
    private static uint MarkOf(QuicConnection connection)
    {
        var mark = MarkOf(connection.ServerId) << MarkBits;
        if (connection.Keys.HasKeys) mark = (mark | MarkOf(connection.Keys.Id)) << MarkBits;
        return mark | MarkOf(connection.TargetId) | ParseContext.NothingOpen;
    }

    /// <summary>Never 0: that is no id. One connection in some hundreds is taken for the one before and not told.
    /// </summary>
    private static uint MarkOf(ReadOnlySpan<byte> id)
    {
        var hash = 2166136261u; // FNV-1a
        foreach (var octet in id) hash = (hash ^ octet) * 16777619;
        return Math.Max(1, (hash ^ hash >> MarkBits ^ hash >> 2 * MarkBits) & (1 << MarkBits) - 1);
    }
}
