namespace NetSniff.Protocols.Http2;

/// <summary>What was wrong with an exchange or its connection.</summary>
internal enum Http2Problem : byte
{
    None,

    /// <summary>A frame of a length its type or the SETTINGS forbid, or on a stream its type forbids.</summary>
    Frame,
    Padding,
    StreamId,

    /// <summary>A header block with something else inside.</summary>
    Continuation,
    Hpack,

    /// <summary>A request without method or a response without status.</summary>
    PseudoHeader,
    HeaderTooLong,

    /// <summary>More streams open than we follow; this was the oldest.</summary>
    StreamLimit,
    GoAway,

    /// <summary>RST_STREAM; the codes of RFC 9113 section 7 follow in their order.</summary>
    Reset,
}

internal static class Http2Problems
{
    /// <summary>Codes of section 7: 0 to 13.</summary>
    private const uint ResetCodeMax = 13;

    public static Http2Problem OfReset(uint code) => Http2Problem.Reset + (byte)(code > ResetCodeMax ? 0 : code);

    public static ReadOnlySpan<byte> Name(Http2Problem problem) => problem switch
    {
        Http2Problem.None => default,
        Http2Problem.Frame => "frame"u8,
        Http2Problem.Padding => "padding"u8,
        Http2Problem.StreamId => "stream-id"u8,
        Http2Problem.Continuation => "continuation"u8,
        Http2Problem.Hpack => "hpack"u8,
        Http2Problem.PseudoHeader => "pseudo-header"u8,
        Http2Problem.HeaderTooLong => "header-too-long"u8,
        Http2Problem.StreamLimit => "stream-limit"u8,
        Http2Problem.GoAway => "goaway"u8,
        _ => (problem - Http2Problem.Reset) switch
        {
            1 => "reset-protocol-error"u8,
            2 => "reset-internal-error"u8,
            3 => "reset-flow-control-error"u8,
            4 => "reset-settings-timeout"u8,
            5 => "reset-stream-closed"u8,
            6 => "reset-frame-size-error"u8,
            7 => "reset-refused-stream"u8,
            8 => "reset-cancel"u8,
            9 => "reset-compression-error"u8,
            10 => "reset-connect-error"u8,
            11 => "reset-enhance-your-calm"u8,
            12 => "reset-inadequate-security"u8,
            13 => "reset-http-1-1-required"u8,
            _ => "reset"u8,
        },
    };
}
