using NetSniff.Records;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>How the records of a kind lie in their table: the fixed columns, then one for each field. Columns have the
/// names that they have in DuckDB.</summary>
/// <remarks>Header fields that may be missing are 0 or empty then, which none of them is otherwise. Fields are
/// Nullable; a list that is not there is empty, since records hold no empty lists.</remarks>
internal sealed class ClickTable(KindTable table)
{
    /// <summary>Partition: hours since 1970 UTC, 0 for what has no hour.</summary>
    public const string Hour = "ns_hour";

    /// <summary>Number of the commit that brought the row, and the row's place in its block.</summary>
    public const string Commit = "ns_commit";
    public const string Row = "ns_row";

    public const string RowsSuffix = "_rows";

    /// <summary>In the order of <see cref="ClickColumn"/>.</summary>
    private static readonly (string Name, string Type)[] s_fixed =
    [
        (Hour, "Int32"), ("time", "Int64"), ("flow_id", "UInt64"), ("src_addr", "FixedString(16)"),
        ("src_port", "UInt16"), ("dst_addr", "FixedString(16)"), ("dst_port", "UInt16"), ("proto", "UInt8"),
        ("app", "String"), ("partial", "UInt8"), ("malformed", "UInt8"), ("vlan", "UInt16"), ("inner_vlan", "UInt16"),
        ("tunnel", "UInt8"), ("tunnel_id", "UInt32"), ("node", "String"), ("interface", "String"),
        ("client_peer", "UInt32"), ("server_peer", "UInt32"), ("lane", "UInt32"), ("batch", "UInt64"),
        (Commit, "UInt64"), (Row, "UInt32"),
    ];

    public static int FixedCount => s_fixed.Length;

    public RecordSchema Schema => table.Schema;

    /// <summary>Of the kind, and of the view that people ask.</summary>
    public string Name => table.Name;

    /// <summary>Where the rows are.</summary>
    public string RowsName => table.Name + RowsSuffix;

    /// <summary>Fixed ones first; the column of a field is behind them, in the fields' order.</summary>
    public IReadOnlyList<(string Name, string Type)> Columns { get; } =
    [
        .. s_fixed,
        .. table.Schema.Fields.Select((field, index) => (table.FieldColumn(index), TypeOf(field.Kind))),
    ];

    /// <summary>What to select, in the order that <see cref="ClickRecords"/> reads.</summary>
    public string ColumnList => string.Join(", ", Columns.Select(column => ClickText.Name(column.Name)));

    public string FieldColumn(int field) => table.FieldColumn(field);

    private static string TypeOf(FieldKind kind) => kind switch
    {
        FieldKind.Number => "Nullable(UInt64)",
        FieldKind.Flag => "Nullable(UInt8)",
        FieldKind.Duration or FieldKind.Time => "Nullable(Int64)",
        FieldKind.Text or FieldKind.Bytes => "Nullable(String)",
        FieldKind.Address => "Nullable(FixedString(16))",
        FieldKind.Texts => "Array(String)",
        _ => "Array(UInt64)",
    };
}

/// <summary>Columns that the table of every kind has, in their order.</summary>
internal enum ClickColumn
{
    Hour,
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
    Commit,
    Row,
}

/// <summary>The tables of all kinds of records, by number.</summary>
internal sealed class ClickTables
{
    private readonly KindTables _kinds = new();
    private volatile ClickTable[] _tables = [];

    public IReadOnlyList<ClickTable> All
    {
        get
        {
            var kinds = _kinds.All;
            if (_tables.Length != kinds.Count) _tables = [.. kinds.Select(kind => new ClickTable(kind))];
            return _tables;
        }
    }

    public ClickTable Of(ushort kind) => kind < _tables.Length ? _tables[kind] : All[kind];

    public ClickTable? Find(string name) => All.FirstOrDefault(table => table.Name == name);
}
