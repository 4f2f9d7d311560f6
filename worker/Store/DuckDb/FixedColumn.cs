namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Columns that the table of every kind has, in their order.</summary>
internal enum FixedColumn
{
    Time,
    FlowId,
    SourceAddress,
    SourcePort,
    TargetAddress,
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
        ("time", "TIMESTAMP_NS"), ("flow_id", "UBIGINT"), ("src_addr", "UHUGEINT"), ("src_port", "USMALLINT"),
        ("dst_addr", "UHUGEINT"), ("dst_port", "USMALLINT"), ("proto", "UTINYINT"), ("app", "VARCHAR"),
        ("partial", "BOOLEAN"), ("malformed", "BOOLEAN"), ("vlan", "USMALLINT"), ("inner_vlan", "USMALLINT"),
        ("tunnel", "UTINYINT"), ("tunnel_id", "UINTEGER"), ("node", "VARCHAR"), ("interface", "VARCHAR"),
        ("client_peer", "UINTEGER"), ("server_peer", "UINTEGER"), ("lane", "UINTEGER"), ("batch", "UBIGINT"),
    ];

    public static string Name(FixedColumn column) => All[(int)column].Name;
}
