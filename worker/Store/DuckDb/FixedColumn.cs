namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Columns that the table of every kind has, in their order.</summary>
/// <remarks>An address is two columns, its high and its low half (of an IPv4 address the high one is 0): the engine
/// packs numbers of 128 bits too, but divides each one twice to unpack it, which made a scan ten times as long.
/// Names that repeat are numbers of <see cref="NameBook"/>; <see cref="NameColumns"/> knows files that have texts.
/// </remarks>
internal enum FixedColumn
{
    Time,
    FlowId,
    SourceHigh,
    SourceLow,
    SourcePort,
    TargetHigh,
    TargetLow,
    TargetPort,
    Proto,
    App,
    Partial,
    Malformed,
    Vlan,
    InnerVlan,
    Tunnel,
    TunnelId,
    Node,
    Interface,
    ClientPeer,
    ServerPeer,
    Lane,
    Batch,
}

internal static class FixedColumns
{
    public static readonly (string Name, string Type)[] All =
    [
        ("time", "TIMESTAMP_NS"), ("flow_id", "UBIGINT"), ("src_high", "UBIGINT"), ("src_low", "UBIGINT"),
        ("src_port", "USMALLINT"), ("dst_high", "UBIGINT"), ("dst_low", "UBIGINT"), ("dst_port", "USMALLINT"),
        ("proto", "UTINYINT"), ("app_number", "UINTEGER"),
        ("partial", "BOOLEAN"), ("malformed", "BOOLEAN"), ("vlan", "USMALLINT"), ("inner_vlan", "USMALLINT"),
        ("tunnel", "UTINYINT"), ("tunnel_id", "UINTEGER"), ("node_number", "UINTEGER"),
        ("interface_number", "UINTEGER"),
        ("client_peer", "UINTEGER"), ("server_peer", "UINTEGER"), ("lane", "UINTEGER"), ("batch", "UBIGINT"),
    ];

    public static string Name(FixedColumn column) => All[(int)column].Name;
}
