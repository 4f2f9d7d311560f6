using NetSniff.Packets;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>What people ask with SQL: one view for each kind of record over all files.</summary>
internal static class Views
{
    /// <summary>A tunnel's kind by name.</summary>
    public static readonly string TunnelName = "CASE tunnel " + string.Join(" ", Enum.GetValues<TunnelKind>()
        .Where(kind => kind != TunnelKind.None)
        .Select(kind => $"WHEN {(int)kind} THEN '{Enum.GetName(kind)!.ToLowerInvariant()}'")) + " END";

    /// <summary>Makes all views anew, for the files that there are.</summary>
    /// <param name="without">A file that is about to go.</param>
    public static void Make(DuckConnection connection, DuckFiles files, Partition? without = null)
    {
        connection.Run("BEGIN");
        try
        {
            // A kind that joined since the files were opened gets its table, and its view, with its first record.
            var tables = files.Kinds.All.Where(table =>
                files.All.Any(file => file != without && file.Tables.ContainsKey(table.Name)));
            foreach (var table in tables) connection.Run(Of(table, files, without));
            connection.Run("CREATE OR REPLACE VIEW lanes AS SELECT * FROM books.lanes");
            connection.Run("CREATE OR REPLACE VIEW peers AS SELECT * EXCLUDE (hour) FROM books.peers");
            connection.Run("CREATE OR REPLACE VIEW names AS SELECT number, name FROM books.names");
            connection.Run(ConnectionsView.All);
            connection.Run(ConnectionsView.Between);
            connection.Run("COMMIT");
        }
        catch (DuckException)
        {
            connection.Run("ROLLBACK");
            throw;
        }
    }

    private static string Of(KindTable table, DuckFiles files, Partition? without)
    {
        var name = SqlText.Name(table.Name);
        var all = files.All.Where(file => file != without && file.Tables.ContainsKey(table.Name))
            .OrderBy(file => file.Hour).ToList();
        var parts = all.Select(file => $"SELECT * FROM {file.Catalog}.{name}");
        var layout = NameColumns.LayoutOf(all.Select(file => file.Tables[table.Name]));
        var fixedColumns = Enumerable.Range(0, FixedColumns.All.Length).Select(column => (FixedColumn)column);
        var shown = fixedColumns.Select(column => Shown(column, layout)).Where(column => column.Length > 0);
        var hidden = FixedColumns.All.Select(column => column.Name).Where(
            column => layout != NameLayout.Texts || !column.EndsWith(NameColumns.NumberEnd, StringComparison.Ordinal));
        if (layout != NameLayout.Numbers) hidden = hidden.Concat(NameColumns.Texts);
        var addresses = table.Schema.Fields.Where(field => field.Kind == Records.FieldKind.Address)
            .Select(field => SqlText.Name(table.FieldColumn(field.Index)))
            .Select(column => $"ip_text({column}) AS {column}").ToList();
        var replaced = addresses.Count == 0 ? "" : $" REPLACE ({string.Join(", ", addresses)})";
        return $"CREATE OR REPLACE VIEW {name} AS SELECT {string.Join(", ", shown)}, "
            + $"* EXCLUDE ({string.Join(", ", hidden.Select(SqlText.Name))}){replaced}, "
            + $"{AddressOf("src")} AS src_addr, {AddressOf("dst")} AS dst_addr "
            + $"FROM ({string.Join(" UNION ALL BY NAME ", parts)})";
    }

    /// <summary>The address of an end as one number.</summary>
    public static string AddressOf(string end) => $"ip_number({end}_high, {end}_low)";

    private static string Shown(FixedColumn column, NameLayout layout) => column switch
    {
        FixedColumn.SourceHigh => $"ip_text({AddressOf("src")}) AS src_ip",
        FixedColumn.TargetHigh => $"ip_text({AddressOf("dst")}) AS dst_ip",
        FixedColumn.SourceLow or FixedColumn.TargetLow => "",
        FixedColumn.Tunnel => TunnelName + " AS tunnel",
        FixedColumn.App or FixedColumn.Node or FixedColumn.Interface =>
            $"{NameColumns.Text(column, layout)} AS {SqlText.Name(NameColumns.TextName(column))}",
        _ => SqlText.Name(FixedColumns.Name(column)),
    };
}
