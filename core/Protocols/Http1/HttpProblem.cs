namespace NetSniff.Protocols.Http1;

/// <summary>The first thing that was wrong with an exchange.</summary>
internal enum HttpProblem : byte
{
    None,
    RequestLine,
    StatusLine,
    HeaderLine,
    ContentLength,
    LengthConflict,
    TransferCoding,
    ChunkSize,

    // From here on a limit or the capture is to blame, not the peer.
    Cut,
    HeadTooLong,
    TooManyPipelined,
}

internal static class HttpProblems
{
    public static bool IsPeersFault(this HttpProblem problem) => problem is > HttpProblem.None and < HttpProblem.Cut;

    public static ReadOnlySpan<byte> Name(this HttpProblem problem) => problem switch
    {
        HttpProblem.RequestLine => "request-line"u8,
        HttpProblem.StatusLine => "status-line"u8,
        HttpProblem.HeaderLine => "header-line"u8,
        HttpProblem.ContentLength => "content-length"u8,
        HttpProblem.LengthConflict => "length-conflict"u8,
        HttpProblem.TransferCoding => "transfer-coding"u8,
        HttpProblem.ChunkSize => "chunk-size"u8,
        HttpProblem.Cut => "cut"u8,
        HttpProblem.HeadTooLong => "head-too-long"u8,
        HttpProblem.TooManyPipelined => "too-many-pipelined"u8,
        _ => default,
    };
}
