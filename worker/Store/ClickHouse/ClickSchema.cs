using NetSniff.Packets;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Tables and views of a store: made when they are not there, and given the columns that they lack.</summary>
/// <remarks>Nothing here is newer than the server of Debian 12, 18.16: no `IF NOT EXISTS` of columns, no
/// `CREATE OR REPLACE VIEW`, no type for moments below a second or for addresses.</remarks>
internal sealed class ClickSchema(ClickHttp http)
{
    public const string Marks = "store_marks";
    public const string Owners = "store_owners";
    public const string Epochs = "store_epochs";
    public const string Lanes = "store_lanes";
    public const string Peers = "store_peers";
    public const string Gone = "store_gone";
    public const string Unwanted = "store_unwanted";

    /// <summary>What people may ask beside the views of kinds.</summary>
    public static readonly string[] OtherViews = ["lanes", "peers"];

    /// <summary>Commits number themselves within the epoch, which is the upper half.</summary>
    public const int EpochShift = 32;

    private static readonly string[] s_books =
    [
        $"CREATE TABLE IF NOT EXISTS {Owners} (epoch UInt64, owner String) ENGINE = MergeTree ORDER BY epoch",
        $"CREATE TABLE IF NOT EXISTS {Epochs} (epoch UInt64, closed UInt64) ENGINE = MergeTree ORDER BY epoch",
        $"CREATE TABLE IF NOT EXISTS {Marks} (lane UInt32, batch UInt64, commit UInt64) "
            + "ENGINE = ReplacingMergeTree(commit) ORDER BY lane",
        $"CREATE TABLE IF NOT EXISTS {Lanes} (lane UInt32, sensor String, name String, version UInt64) "
            + "ENGINE = ReplacingMergeTree(version) ORDER BY lane",
        ClickPeers.CreateSql,
        $"CREATE TABLE IF NOT EXISTS {Gone} (kind String, hour Int32, upto UInt64, expired Int64, retracted Int64, "
            + "version UInt64) ENGINE = ReplacingMergeTree(version) ORDER BY (kind, hour, upto)",
        $"CREATE TABLE IF NOT EXISTS {Unwanted} (lane UInt32, batch UInt64) "
            + "ENGINE = ReplacingMergeTree ORDER BY (lane, batch)",
    ];

    /// <summary>Rows of commits that ended well: of the last before the writer began, or of its own.</summary>
    private static readonly string s_settled =
        $"{ClickTable.Commit} <= (SELECT max(commit) FROM {Marks}) AND "
        + $"({ClickTable.Commit} <= (SELECT argMax(closed, epoch) FROM {Epochs}) OR "
        + $"{ClickTable.Commit} >= (SELECT bitShiftLeft(max(epoch), {EpochShift}) FROM {Epochs}))";

    private readonly Dictionary<string, HashSet<string>> _there = new(StringComparer.Ordinal);
    private string _durable = "";

    /// <summary>A tunnel's kind by name; no text for none.</summary>
    public static string TunnelName(string column)
    {
        var kinds = Enum.GetValues<TunnelKind>().Where(kind => kind != TunnelKind.None).ToList();
        var numbers = ClickText.List(kinds.Select(kind => ClickText.Number((ulong)kind)));
        var names = ClickText.List(kinds.Select(kind => ClickText.Text(Enum.GetName(kind)!.ToLowerInvariant())));
        return $"transform({column}, {numbers}, {names}, '')";
    }

    public static string IpText(string column) =>
        $"if(substring({column}, 1, 12) = unhex('00000000000000000000FFFF'), "
        + $"substring(IPv6NumToString({column}), 8), IPv6NumToString({column}))";

    public void Open(IReadOnlyList<ClickTable> tables)
    {
        MakeDatabase();
        http.Known = Names("SELECT name FROM system.settings", hasDatabase: false).ToHashSet(StringComparer.Ordinal);
        // Where the server can, a block is on its disk before it says that it has it.
        if (Names("SELECT name FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'").Count > 0)
        {
            _durable = ", fsync_after_insert = 1, fsync_part_directory = 1";
        }

        foreach (var sql in s_books) http.Run(sql);
        Learn();
        foreach (var table in tables) Prepare(table);
        MakeView("lanes", $"SELECT lane, sensor, name FROM {Lanes} FINAL");
        MakeView("peers", "SELECT peer, kind, name, namespace, workload, workload_kind, service, node, zone, "
            + $"label_keys, label_values, why FROM {Peers} FINAL");
    }

    /// <summary>Makes a kind's table and view, or gives them the columns that they lack.</summary>
    public void Prepare(ClickTable table)
    {
        var isWhole = true;
        if (!_there.TryGetValue(table.RowsName, out var columns))
        {
            var list = table.Columns.Select(column => $"{ClickText.Name(column.Name)} {column.Type}");
            http.Run($"CREATE TABLE IF NOT EXISTS {ClickText.Name(table.RowsName)} ({string.Join(", ", list)}) "
                + $"ENGINE = MergeTree PARTITION BY {ClickTable.Hour} "
                + $"ORDER BY (time, {ClickTable.Commit}, {ClickTable.Row}) "
                + $"SETTINGS index_granularity = 8192{_durable}");
            _there[table.RowsName] = columns = [.. table.Columns.Select(column => column.Name)];
            isWhole = false;
        }

        foreach (var (name, type) in table.Columns.Where(column => !columns.Contains(column.Name)).ToList())
        {
            http.Run($"ALTER TABLE {ClickText.Name(table.RowsName)} ADD COLUMN {ClickText.Name(name)} {type}");
            columns.Add(name);
            isWhole = false;
        }

        if (!isWhole || !_there.ContainsKey(table.Name)) MakeView(table.Name, ViewOf(table), isNew: true);
    }

    private void MakeDatabase()
    {
        var sql = $"SELECT count() FROM system.databases WHERE name = {ClickText.Text(http.Database)}";
        var isThere = new ClickQuery(sql) { HasDatabase = false };
        if (http.AskText(isThere) != "0") return;
        http.AskText(new ClickQuery($"CREATE DATABASE IF NOT EXISTS {ClickText.Name(http.Database)}")
        {
            HasDatabase = false,
        });
    }

    private void Learn()
    {
        _there.Clear();
        var rows = http.Ask(new ClickQuery(
            $"SELECT table, name FROM system.columns WHERE database = {ClickText.Text(http.Database)}"));
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                var table = rows.Column(0).String(row);
                if (!_there.TryGetValue(table, out var columns)) _there[table] = columns = [];
                columns.Add(rows.Column(1).String(row));
            }
        }
    }

    private void MakeView(string name, string select, bool isNew = false)
    {
        if (!isNew && _there.ContainsKey(name)) return;
        http.Run($"DROP TABLE IF EXISTS {ClickText.Name(name)}");
        http.Run($"CREATE VIEW {ClickText.Name(name)} AS {select}");
        _there[name] = [];
    }

    /// <summary>As people ask: moments, addresses and tunnels in words.</summary>
    /// <remarks>In two steps, since a name that a SELECT gives hides the column of that name within it.</remarks>
    private static string ViewOf(ClickTable table)
    {
        var (inner, outer) = (new List<string>(), new List<string>());
        foreach (var (column, _) in table.Columns.Take(ClickTable.FixedCount))
        {
            if (column is ClickTable.Hour or ClickTable.Commit or ClickTable.Row) continue;
            switch (column)
            {
                case "time":
                    Show("toDateTime(intDiv(time_ns, 1000000000), 'UTC')", column, "time_ns");
                    outer.Add("time_ns");
                    break;
                case "src_addr" or "dst_addr":
                    Show(column, column);
                    outer.Add($"{IpText(column)} AS {column[..4]}ip");
                    break;
                case "tunnel":
                    Show(TunnelName("ns_tunnel"), column, "ns_tunnel");
                    break;
                default:
                    Show(ClickText.Name(column), column);
                    break;
            }
        }

        foreach (var field in table.Schema.Fields)
        {
            var column = table.FieldColumn(field.Index);
            var raw = "ns_" + column;
            if (field.Kind != Records.FieldKind.Address) Show(ClickText.Name(column), column);
            else Show($"if(isNull({raw}), NULL, {IpText($"assumeNotNull({raw})")})", column, raw);
        }

        return $"SELECT {string.Join(", ", outer)} FROM (SELECT {string.Join(", ", inner)} "
            + $"FROM {ClickText.Name(table.RowsName)} WHERE {s_settled})";

        void Show(string value, string column, string? raw = null)
        {
            inner.Add(raw is null ? ClickText.Name(column) : $"{ClickText.Name(column)} AS {raw}");
            outer.Add(raw is null ? value : $"{value} AS {ClickText.Name(column)}");
        }
    }

    private List<string> Names(string sql, bool hasDatabase = true)
    {
        List<string> names = [];
        var rows = http.Ask(new ClickQuery(sql) { HasDatabase = hasDatabase });
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++) names.Add(rows.Column(0).String(row));
        }

        return names;
    }
}
