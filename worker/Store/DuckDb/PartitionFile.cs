using System.Collections.Immutable;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>What is done to a partition's file.</summary>
internal static class PartitionFile
{
    /// <summary>How DuckDB lays files out: the version whose compression we measured, and rows that are packed
    /// together. A sixth of DuckDB's own number: what a commit has of a kind fills at least one, and rows that fill
    /// none go through the engine's log first.</summary>
    private const string Attaching = "(STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE 20480)";

    /// <summary>Opens a partition, made new where there was none, and learns what it holds.</summary>
    public static void Attach(DuckConnection connection, Partition partition)
    {
        var catalog = partition.Catalog;
        connection.Run($"ATTACH {SqlText.Text(partition.Path)} AS {catalog} {Attaching}");
        connection.Run($"CREATE TABLE IF NOT EXISTS {catalog}.marks (lane UINTEGER, batch UBIGINT)");
        LearnTables(connection, partition);
        HalveAddresses(connection, partition);
        using (var rows = connection.Ask($"SELECT lane, batch FROM {catalog}.marks"))
        {
            while (rows.NextChunk())
            {
                for (var row = 0; row < rows.Count; row++)
                {
                    partition.Marks[rows.Column(0).Get<uint>(row)] = rows.Column(1).Get<ulong>(row);
                }
            }
        }

        foreach (var table in partition.Tables.Keys) LearnSpan(connection, partition, table);
    }

    /// <summary>Files of before had an address in one column.</summary>
    /// <remarks>The engine cannot do it in one transaction; if it is stopped in between, it goes on here.</remarks>
    private static void HalveAddresses(DuckConnection connection, Partition partition)
    {
        if (!partition.Tables.Values.Any(columns => columns.Contains("dst_addr"))) return;
        foreach (var end in (string[])["src", "dst"])
        {
            var old = partition.Tables.Where(table => table.Value.Contains($"{end}_addr")).Select(table => table.Key);
            foreach (var table in old)
            {
                var name = $"{partition.Catalog}.{SqlText.Name(table)}";
                connection.Run($"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {end}_high UBIGINT");
                connection.Run($"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {end}_low UBIGINT");
                connection.Run($"UPDATE {name} SET {end}_high = ({end}_addr >> 64)::UBIGINT, "
                    + $"{end}_low = ({end}_addr & '{ulong.MaxValue}'::UHUGEINT)::UBIGINT");
                connection.Run($"ALTER TABLE {name} DROP COLUMN {end}_addr");
            }
        }

        LearnTables(connection, partition);
    }

    /// <summary>Tables of before without a row are made anew, so that nothing has to know how they were.</summary>
    public static void DropOldTables(DuckConnection connection, Partition partition)
    {
        foreach (var (table, columns) in partition.Tables)
        {
            if (NameColumns.LayoutOf([columns]) == NameLayout.Numbers || partition.Spans.ContainsKey(table)) continue;
            connection.Run($"DROP TABLE {partition.Catalog}.{SqlText.Name(table)}");
            partition.Tables = partition.Tables.Remove(table);
        }
    }

    public static void Detach(DuckConnection connection, Partition partition) =>
        connection.Run($"DETACH {partition.Catalog}");

    public static void Delete(Partition partition)
    {
        File.Delete(partition.Path);
        File.Delete(partition.Path + ".wal");
    }

    /// <summary>Counts a table anew.</summary>
    public static void LearnSpan(DuckConnection connection, Partition partition, string table)
    {
        using var rows = connection.Ask(
            $"SELECT count(*), min(time), max(time) FROM {partition.Catalog}.{SqlText.Name(table)}");
        if (!rows.NextChunk()) return;

        var count = rows.Column(0).Get<long>(0);
        partition.Spans = count == 0
            ? partition.Spans.Remove(table)
            : partition.Spans.SetItem(table, new Partition.Span(
                count, rows.Column(1).Get<long>(0), rows.Column(2).Get<long>(0)));
    }

    /// <summary>Makes the table of a kind, or adds the columns that it lacks.</summary>
    /// <param name="isWanted">Says of the place of a column whether it is needed now.</param>
    /// <param name="before">Columns of another hour's table: what it had this one may need as well, and a column in
    /// time costs nothing.</param>
    /// <returns>Whether anything had to be done.</returns>
    public static bool Prepare(
        DuckConnection connection, Partition partition, KindTable table, Func<int, bool> isWanted,
        ImmutableArray<string> before)
    {
        var known = partition.Tables.GetValueOrDefault(table.Name);
        if (known.IsDefault)
        {
            connection.Run(table.CreateSql(
                partition.Catalog, place => isWanted(place) || before.Contains(table.Columns[place].Name)));
            return true;
        }

        var there = known.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var missing = table.Columns.Where((column, place) => isWanted(place) && !there.Contains(column.Name)).ToList();
        foreach (var column in missing)
        {
            connection.Run($"ALTER TABLE {partition.Catalog}.{SqlText.Name(table.Name)} "
                + $"ADD COLUMN {KindTable.Definition(column)}");
        }

        return missing.Count > 0;
    }

    /// <summary>Reads off which tables of records there are.</summary>
    public static void LearnTables(DuckConnection connection, Partition partition)
    {
        var tables = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        using var rows = connection.Ask(
            $"SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = '{partition.Catalog}' "
            + "AND table_name IN (SELECT table_name FROM duckdb_columns() WHERE column_name = 'flow_id' "
            + $"AND database_name = '{partition.Catalog}') ORDER BY table_name, column_index");
        while (rows.NextChunk())
        {
            for (var row = 0; row < rows.Count; row++)
            {
                var table = System.Text.Encoding.UTF8.GetString(rows.Column(0).Text(row));
                if (!tables.TryGetValue(table, out var columns)) tables[table] = columns = [];
                columns.Add(System.Text.Encoding.UTF8.GetString(rows.Column(1).Text(row)));
            }
        }

        partition.Tables = tables.ToImmutableDictionary(
            table => table.Key, table => table.Value.ToImmutableArray(), StringComparer.Ordinal);
    }
}
