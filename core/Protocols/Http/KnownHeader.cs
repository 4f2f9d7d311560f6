using System.Text;

namespace NetSniff.Protocols.Http;

/// <summary>Header fields a parser or a record asks for by name.</summary>
public enum KnownHeader : byte
{
    Other,
    Host,
    UserAgent,
    Referer,
    Location,
    Upgrade,
    Connection,
    ContentType,
    ContentLength,
    ContentEncoding,
    TransferEncoding,
    TraceParent,
    GrpcStatus,
    GrpcMessage,
    WebSocketProtocol,
    WebSocketExtensions,
}

/// <summary>Finds a header field by its name, whatever its case (RFC 9110 section 5.1).</summary>
public static class KnownHeaders
{
    public const int Count = (int)KnownHeader.WebSocketExtensions + 1;

    /// <summary>The length singles out one or two candidates, so most names cost a jump and at most one compare.
    /// </summary>
    public static KnownHeader Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => Match(name, "host"u8, KnownHeader.Host),
        7 => (name[0] | 0x20) == 'u'
            ? Match(name, "upgrade"u8, KnownHeader.Upgrade)
            : Match(name, "referer"u8, KnownHeader.Referer),
        8 => Match(name, "location"u8, KnownHeader.Location),
        10 => (name[0] | 0x20) == 'u'
            ? Match(name, "user-agent"u8, KnownHeader.UserAgent)
            : Match(name, "connection"u8, KnownHeader.Connection),
        11 => (name[0] | 0x20) == 't'
            ? Match(name, "traceparent"u8, KnownHeader.TraceParent)
            : Match(name, "grpc-status"u8, KnownHeader.GrpcStatus),
        12 => (name[0] | 0x20) == 'c'
            ? Match(name, "content-type"u8, KnownHeader.ContentType)
            : Match(name, "grpc-message"u8, KnownHeader.GrpcMessage),
        14 => Match(name, "content-length"u8, KnownHeader.ContentLength),
        16 => Match(name, "content-encoding"u8, KnownHeader.ContentEncoding),
        17 => Match(name, "transfer-encoding"u8, KnownHeader.TransferEncoding),
        22 => Match(name, "sec-websocket-protocol"u8, KnownHeader.WebSocketProtocol),
        24 => Match(name, "sec-websocket-extensions"u8, KnownHeader.WebSocketExtensions),
        _ => KnownHeader.Other,
    };

    private static KnownHeader Match(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted, KnownHeader header) =>
        Ascii.EqualsIgnoreCase(name, wanted) ? header : KnownHeader.Other;
}
