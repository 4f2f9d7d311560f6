namespace NetSniff.Wire.Batches;

/// <summary>How records look on the wire: by kind, column by column.</summary>
/// <remarks>
/// <code>
/// batch      := version(1) records(v) applications origins peers kinds(v) kind* order
/// applications := count(v) name(t)*
/// origins    := count(v) { node(t) interface(t) }*
/// peers      := count(v) { kind(1) name(t) namespace(t) workload(t) workload kind(t) service(t) node(t) zone(t)
///               why(t) labels(v) { key(t) value(t) }* }*
/// order      := numbers: the kind of each record, by its place above
/// kind       := name(t) fields(v) { name(t) kind(1) }* rows(v) column*
/// column     := numbers | texts | counts as numbers, then numbers or texts
/// numbers    := NumberEncoding(1) body
/// texts      := TextEncoding(1) body
/// (v) a varint, (t) a text behind its varint length
/// </code>
/// App, Interface and the peers of the records are places in the tables, those of peers plus one, for 0 is no peer.
/// Only where there are peers each kind ends with two columns more, the client's and the server's. Version 1 had names
/// of interfaces in place of origins, and no peers; version 2 no numbers of a fixed size.
/// A batch describes itself, so that whoever reads it, now or from a log years later, needs no schema beside it, and a
/// field that only one side knows hurts nobody. The columns of a kind are the fixed ones of
/// <see cref="FixedColumn"/>, then one for each field, which holds the values of those records that have it: the
/// presence masks are a column too.</remarks>
internal static class BatchFormat
{
    public const byte Version = 3;

    public const byte VersionBeforePeers = 1;

    /// <summary>What a worker reads that does not say it in its Welcome.</summary>
    public const byte VersionBeforeSaid = 2;

    /// <summary>Records of one batch.</summary>
    public const int RecordsMax = 1 << 16;

    /// <summary>Values in a column of lists, all rows together.</summary>
    public const int ListedMax = 1 << 20;

    /// <summary>Bytes that a batch may become when it is read.</summary>
    public const int RecordBytesMax = 64 << 20;

    /// <summary>Kinds in one batch; more is damage.</summary>
    public const int KindsMax = 256;

    /// <summary>Different peers in one batch: two a record.</summary>
    public const int PeersMax = 2 * RecordsMax;

    /// <summary>Longest name of a kind, a field, an application, a node or an interface, bytes.</summary>
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

/// <summary>How the numbers of a column are written. The encoder takes the shortest, or one of a fixed size that is
/// hardly longer: those are written and read without looking at each.</summary>
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

    /// <summary>One after the other, all of so many bytes, least significant first: the number of bytes stands before.
    /// </summary>
    Fixed,

    /// <summary>The first, then as <see cref="Delta"/>, of so many bytes.</summary>
    FixedDelta,

    /// <summary>As <see cref="FromTime"/>, of so many bytes.</summary>
    FixedFromTime,
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
