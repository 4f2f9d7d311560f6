using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>How the records of a kind lie in their table: the fixed columns, then one for each field.</summary>
internal sealed class KindTable
{
    /// <summary>Words that SQL keeps for itself: a field that ends in one keeps its kind in front.</summary>
    private static readonly HashSet<string> s_reserved = new(StringComparer.Ordinal)
    {
        "all", "and", "any", "array", "as", "asc", "both", "case", "cast", "check", "collate", "column", "constraint",
        "create", "default", "deferrable", "desc", "describe", "distinct", "do", "else", "end", "except", "exists",
        "false", "fetch", "for", "foreign", "from", "group", "having", "in", "initially", "intersect", "into", "is",
        "lateral", "leading", "limit", "not", "null", "offset", "on", "only", "or", "order", "pivot", "placing",
        "primary", "qualify", "references", "returning", "select", "show", "some", "summarize", "symmetric", "table",
        "then", "to", "trailing", "true", "union", "unique", "unpivot", "using", "variadic", "when", "where", "window",
        "with", "src_ip", "dst_ip", "app", "node", "interface",
    };

    private readonly string[] _fieldColumns;
    private readonly Dictionary<string, string> _types;

    public KindTable(RecordSchema schema)
    {
        Schema = schema;
        _fieldColumns = [.. schema.Fields.Select(field => ColumnOf(schema.Info.Name, field.Name))];
        Columns =
        [
            .. FixedColumns.All,
            .. schema.Fields.Select((field, index) => (_fieldColumns[index], TypeOf(field.Kind))),
        ];
        _types = Columns.ToDictionary(column => column.Name, column => column.Type, StringComparer.Ordinal);
    }

    public RecordSchema Schema { get; }

    public string Name => Schema.Info.Name;

    /// <summary>Fixed ones first; the column of a field is behind them, in the fields' order.</summary>
    public IReadOnlyList<(string Name, string Type)> Columns { get; }

    public string FieldColumn(int field) => _fieldColumns[field];

    /// <summary>A column by name, or nothing of its type.</summary>
    public string ColumnOrNull(string name, bool isThere) =>
        isThere ? SqlText.Name(name) : $"NULL::{_types[name]}";

    /// <summary>Its table without a row.</summary>
    /// <param name="isWanted">Says of the place of a column whether the table has it from the beginning.</param>
    public string CreateSql(string catalog, Func<int, bool> isWanted) =>
        $"CREATE TABLE IF NOT EXISTS {catalog}.{SqlText.Name(Name)} ("
        + string.Join(", ", Columns.Where((_, place) => isWanted(place)).Select(Definition)) + ")";

    public static string Definition((string Name, string Type) column) => $"{SqlText.Name(column.Name)} {column.Type}";

    /// <summary>`http.response.bytes` is response_bytes of table http, `grpc.status` grpc_status of it.</summary>
    private static string ColumnOf(string kind, string field)
    {
        var whole = field.Replace('.', '_');
        if (!field.StartsWith(kind + ".", StringComparison.Ordinal)) return whole;

        var tail = whole[(kind.Length + 1)..];
        var isTaken = s_reserved.Contains(tail) || FixedColumns.All.Any(column => column.Name == tail);
        return isTaken ? whole : tail;
    }

    private static string TypeOf(FieldKind kind) => kind switch
    {
        FieldKind.Number => "UBIGINT",
        FieldKind.Flag => "BOOLEAN",
        FieldKind.Duration => "BIGINT",
        FieldKind.Time => "TIMESTAMP_NS",
        FieldKind.Text => "VARCHAR",
        FieldKind.Bytes => "BLOB",
        FieldKind.Address => "UHUGEINT",
        FieldKind.Texts => "VARCHAR[]",
        _ => "UBIGINT[]",
    };
}
