namespace NetSniff.Protocols.Quic;

/// <summary>What was odd about a connection; the first that was met.</summary>
internal enum QuicProblem : byte
{
    None,

    /// <summary>An Initial that none of the keys opens that follow from what was seen.</summary>
    Undecryptable,

    /// <summary>Frames that do not end where their packet does, or of a type that no Initial may carry.</summary>
    BadFrame,

    /// <summary>A hello longer, or in more pieces, than is kept.</summary>
    HelloTooLong,

    /// <summary>Pieces of the ClientHello were not seen.</summary>
    HelloIncomplete,

    /// <summary>The handshake in the CRYPTO frames begins with something else than a hello.</summary>
    NotAHello,
}

internal static class QuicProblems
{
    public static ReadOnlySpan<byte> Name(QuicProblem problem) => problem switch
    {
        QuicProblem.Undecryptable => "undecryptable"u8,
        QuicProblem.BadFrame => "bad frame"u8,
        QuicProblem.HelloTooLong => "hello too long"u8,
        QuicProblem.HelloIncomplete => "hello incomplete"u8,
        QuicProblem.NotAHello => "not a hello"u8,
        _ => default,
    };
}
