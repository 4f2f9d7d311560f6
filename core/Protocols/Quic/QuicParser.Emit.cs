using System.Runtime.CompilerServices;
using NetSniff.Records;

namespace NetSniff.Protocols.Quic;

/// <content>The record.</content>
public sealed partial class QuicParser
{
    [SkipLocalsInit]
    private static void Write(QuicConnection connection, RecordSink records)
    {
        // Only what the server said was captured, and that names nothing.
        if (connection.Version == 0) return;

        var handshake = connection.Handshake;
        var isHelloIncomplete = !connection.HasHello && !connection.Client.Crypto.IsEmpty;
        if (isHelloIncomplete) connection.Note(QuicProblem.HelloIncomplete);
        Span<byte> name = stackalloc byte[QuicVersions.NameBytesMax];
        var google = connection.Google;
        var record = new QuicRecord
        {
            ServerName = google.IsRead ? google.ServerName : handshake.ServerName,
            Version = connection.Version,
            VersionName = name[..QuicVersions.WriteName(connection.Version, name)],
            VersionSelected = connection.VersionSelected,
            HasAnswer = connection.AnswerNanos != 0,
            ProtocolsOffered = handshake.ProtocolsOffered,
            UserAgent = google.IsRead
                ? google.UserAgent
                : TransportParameters.Find(handshake.TransportParameters, TransportParameters.UserAgent),
            Ja3 = handshake.Ja3Hash,
            Ja3Text = handshake.Ja3Text,
            Ja3Server = handshake.Ja3ServerHash,
            Ja3ServerText = handshake.Ja3ServerText,
            Ja4 = handshake.Ja4Text,
            HasClientHello = handshake.HasClientHello,
            Cipher = handshake.Cipher,
            HasServerHello = handshake.HasAnswer,
            Extensions = handshake.ExtensionTypes,
            Groups = handshake.Groups,
            KeyShares = handshake.KeyShares,
            OffersPreSharedKey = handshake.OffersPreSharedKey,
            IsEncryptedHelloSeen = handshake.IsEncryptedHelloSeen,
            TargetId = connection.TargetId,
            SourceId = connection.SourceId,
            ServerId = connection.ServerId,
            ClientInitials = connection.Client.Initials,
            ServerInitials = connection.Server.Initials,
            IsRetried = connection.IsRetried,
            IsHelloRetried = handshake.IsRetried,
            IsNegotiated = connection.IsNegotiated,
            VersionsOffered = connection.Versions,
            IsEarlyDataSeen = connection.IsEarlyDataSeen,
            CloseCode = connection.CloseCode,
            HasClose = connection.HasClose,
            IsCloseFromServer = connection.IsCloseFromServer,
            LatencyNanos = connection.AnswerNanos - connection.AskedNanos,
            HasLatency = connection.HasLatency,
            Problem = QuicProblems.Name(connection.Problem),
        };
        records.Emit(in record, connection.StartNanos, TraitsOf(connection));
    }

    private static RecordTraits TraitsOf(QuicConnection connection)
    {
        var isGoogles = connection.Google.IsRead && connection.AnswerNanos != 0;
        var isWhole = isGoogles || (connection.Handshake.HasClientHello && connection.Handshake.HasServerHello);
        var isMalformed = connection.Handshake.IsMalformed
            || connection.Problem is QuicProblem.BadFrame or QuicProblem.NotAHello;
        return (isWhole && !connection.IsCut ? RecordTraits.None : RecordTraits.Partial)
            | (isMalformed ? RecordTraits.Malformed : RecordTraits.None);
    }
}
