namespace NetSniff.Protocols.Http2.Hpack;

/// <summary>One decoded header field, borrowed from the table until the next one.</summary>
internal readonly ref struct HpackField(ReadOnlySpan<byte> line, int nameLength, HeaderName header)
{
    /// <summary>`name: value`.</summary>
    public ReadOnlySpan<byte> Line { get; } = line;

    public int NameLength { get; } = nameLength;

    public HeaderName Header { get; } = header;

    public ReadOnlySpan<byte> Name => Line[..NameLength];

    public ReadOnlySpan<byte> Value => Line[(NameLength + 2)..];
}

internal enum HpackStatus : byte
{
    Field,

    /// <summary>A field named or held by an entry that came before the capture or was lost.</summary>
    Unknown,

    /// <summary>The block is through.</summary>
    End,

    /// <summary>Not HPACK: what follows cannot be decoded (RFC 9113 section 4.3).</summary>
    Broken,
}

/// <summary>Where in a header block the decoder is.</summary>
internal ref struct HpackCursor(ReadOnlySpan<byte> block)
{
    public ReadOnlySpan<byte> Block { get; } = block;

    public int Position { get; set; }

    /// <summary>Size updates stand before the first field only (RFC 7541 section 4.2).</summary>
    public bool IsPastUpdates { get; set; }
}
