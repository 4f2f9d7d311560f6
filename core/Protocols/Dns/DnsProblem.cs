namespace NetSniff.Protocols.Dns;

/// <summary>What is wrong with a message; the first thing found is what the record says.</summary>
internal enum DnsProblem : byte
{
    None,

    /// <summary>The message ends inside a name or a record.</summary>
    Short,

    /// <summary>A compression pointer that does not lead backwards.</summary>
    Pointer,

    /// <summary>A label type that is neither a label nor a pointer (RFC 6891 section 5 retired the others).</summary>
    Label,

    /// <summary>A name of more than 255 octets.</summary>
    NameLength,

    /// <summary>Record data that does not fit its type.</summary>
    Data,

    /// <summary>Bytes behind the last record.</summary>
    Trailing,

    /// <summary>A second OPT record (RFC 6891 section 6.1.1).</summary>
    Edns,
}

internal static class DnsProblems
{
    /// <summary>The stable name that `dns.problem` holds.</summary>
    public static ReadOnlySpan<byte> Name(DnsProblem problem) => problem switch
    {
        DnsProblem.Short => "short"u8,
        DnsProblem.Pointer => "pointer"u8,
        DnsProblem.Label => "label"u8,
        DnsProblem.NameLength => "name-too-long"u8,
        DnsProblem.Data => "rdata"u8,
        DnsProblem.Trailing => "trailing-bytes"u8,
        DnsProblem.Edns => "edns"u8,
        _ => default,
    };
}
