namespace NetSniff.Protocols.Http2.Hpack;

/// <summary>Header fields that a record has a place for. The rest is only listed.</summary>
internal enum HeaderName : byte
{
    Other,
    Method,
    Path,
    Authority,
    Status,
    Host,
    UserAgent,
    ContentType,
    ContentEncoding,
    Referer,
    Location,
    TraceParent,
    GrpcStatus,
    GrpcMessage,
    Count,
}

internal static class HeaderNames
{
    /// <summary>Looks a name up; in HTTP/2 they are lower case (RFC 9113 section 8.2).</summary>
    public static HeaderName Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name.SequenceEqual("host"u8) ? HeaderName.Host : HeaderName.Other,
        5 => name.SequenceEqual(":path"u8) ? HeaderName.Path : HeaderName.Other,
        7 => name[0] switch
        {
            (byte)':' when name.SequenceEqual(":method"u8) => HeaderName.Method,
            (byte)':' when name.SequenceEqual(":status"u8) => HeaderName.Status,
            (byte)'r' when name.SequenceEqual("referer"u8) => HeaderName.Referer,
            _ => HeaderName.Other,
        },
        8 => name.SequenceEqual("location"u8) ? HeaderName.Location : HeaderName.Other,
        10 => name[0] switch
        {
            (byte)':' when name.SequenceEqual(":authority"u8) => HeaderName.Authority,
            (byte)'u' when name.SequenceEqual("user-agent"u8) => HeaderName.UserAgent,
            _ => HeaderName.Other,
        },
        11 => name[0] switch
        {
            (byte)'g' when name.SequenceEqual("grpc-status"u8) => HeaderName.GrpcStatus,
            (byte)'t' when name.SequenceEqual("traceparent"u8) => HeaderName.TraceParent,
            _ => HeaderName.Other,
        },
        12 => name[0] switch
        {
            (byte)'c' when name.SequenceEqual("content-type"u8) => HeaderName.ContentType,
            (byte)'g' when name.SequenceEqual("grpc-message"u8) => HeaderName.GrpcMessage,
            _ => HeaderName.Other,
        },
        16 => name.SequenceEqual("content-encoding"u8) ? HeaderName.ContentEncoding : HeaderName.Other,
        _ => HeaderName.Other,
    };
}
