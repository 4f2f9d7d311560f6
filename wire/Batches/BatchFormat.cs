namespace NetSniff.Wire.Batches;

/// <summary>How records look on the wire: by kind, column by column.</summary>
/// <remarks>
/// <code>
/// batch      := version(1) records(v) applications interfaces kinds(v) kind* order
/// applications, interfaces := count(v) text(t)*: what App and Interface of the records are places in
/// order      := numbers: the kind of each record, by its place above
/// kind       := name(t) fields(v) { name(t) kind(1) }* rows(v) column*
/// column     := numbers | texts | counts as numbers, then numbers or texts
/// numbers    := NumberEncoding(1) body
/// texts      := TextEncoding(1) body
/// (v) a varint, (t) a text behind its varint length
/// </code>
/// A batch describes itself, so that whoever reads it, now or from a log years later, needs no schema beside it, and a
/// field that only one side knows hurts nobody. The columns of a kind are the fixed ones of
/// <see cref="FixedColumn"/>, then one for each field, which holds the values of those records that have it: the
/// presence masks are a column too.</remarks>
internal static class BatchFormat
{
    public const byte Version = 1;

    /// <summary>Records of one batch.</summary>
    public const int RecordsMax = 1 << 16;

    /// <summary>Values in a column of lists, all rows together.</summary>
    public const int ListedMax = 1 << 20;

    /// <summary>Bytes that a batch may become when it is read.</summary>
    public const int RecordBytesMax = 64 << 20;

    /// <summary>Kinds in one batch; more is damage.</summary>
    public const int KindsMax = 256;

    /// <summary>Longest name of a kind, a field, an application or an interface, bytes.</summary>
    public const int NameBytesMax = 256;
}

/// <summary>What every record has, whatever its kind.</summary>
internal enum FixedColumn
{
    Time,
    FlowId,
    Client,
    Server,
    ClientPort,
    ServerPort,
    OuterVlan,
    InnerVlan,
    TunnelId,
    Interface,
    App,
    Protocol,
    Tunnel,
    Traits,
    Present,
}

/// <summary>How the numbers of a column are written. The encoder takes the shortest.</summary>
internal enum NumberEncoding : byte
{
    /// <summary>No values.</summary>
    Empty,

    /// <summary>All are this one.</summary>
    Constant,

    /// <summary>One after the other.</summary>
    Plain,

    /// <summary>Each as its difference from the one before, zigzag.</summary>
    Delta,

    /// <summary>Each as its difference from the record's time, zigzag.</summary>
    FromTime,

    /// <summary>Equal to an earlier column of the kind.</summary>
    SameAs,

    /// <summary>Few different ones: a table, then places in it.</summary>
    Dictionary,
}

/// <summary>How the texts of a column are written.</summary>
internal enum TextEncoding : byte
{
    Empty,

    /// <summary>A table of the different ones, then places in it.</summary>
    Dictionary,

    /// <summary>Lengths, then all the bytes.</summary>
    Plain,
}
