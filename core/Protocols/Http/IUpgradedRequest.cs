namespace NetSniff.Protocols.Http;

/// <summary>The HTTP/1 request that asked for another protocol. In h2c it is the request of stream 1, so HTTP/2 takes
/// it over from the parser that read it (RFC 7540 section 3.2).</summary>
/// <remarks>The spans are lent for the length of <see cref="StreamParser.Inherit"/>.</remarks>
internal interface IUpgradedRequest
{
    ReadOnlySpan<byte> Method { get; }

    /// <summary>Request target as on the wire.</summary>
    ReadOnlySpan<byte> Uri { get; }

    ReadOnlySpan<byte> Host { get; }

    /// <summary>When the request's first byte was captured; 0 if none was.</summary>
    long StartNanos { get; }

    /// <summary>Something of it was lost.</summary>
    bool IsPartial { get; }
}
