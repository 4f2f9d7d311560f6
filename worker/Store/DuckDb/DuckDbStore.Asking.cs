using System.Text;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>SQL of others, under limits.</summary>
public sealed partial class DuckDbStore
{
    /// <summary>Memory that the process may grow by while a query runs, beyond what the engine counts itself.</summary>
    private const long GrowthMax = 1L << 30;

    public SqlResult Sql(SqlQuery query, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Text.Length > SqlGuard.LengthMax)
        {
            throw new SqlException($"the query is longer than {SqlGuard.LengthMax} characters");
        }

        var files = Files;
        using var reader = new DuckReader(files, query.Timeout, cancel)
        {
            GrowthMax = GrowthMax + _options.MemoryBytesMax,
        };
        try
        {
            var text = query.Text.TrimEnd().TrimEnd(';');
            if (string.IsNullOrWhiteSpace(text)) throw new SqlException("the query is empty");
            Guard(reader.Connection, text);
            reader.Connection.Check(text);
            var columns = Describe(reader.Connection, text);
            // On lines of its own, so that a comment at its end ends there.
            using var rows = reader.Connection.Ask(
                $"SELECT to_json(COLUMNS(*)) FROM (\n{text}\n) LIMIT {query.RowsMax + 1L}");
            return Gather(columns, rows, query.RowsMax, cancel);
        }
        catch (DuckException error)
        {
            throw SqlFailure(error, reader, query, cancel);
        }
    }

    private static void Guard(DuckConnection connection, string text)
    {
        using var tree = connection.Ask(SqlGuard.TreeSql(text));
        if (!tree.NextChunk()) throw new SqlException("the query cannot be read");

        var views = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "lanes", "peers", "names", "connections" };
        if (SqlGuard.Refusal(Encoding.UTF8.GetString(tree.Column(0).Text(0)), IsView) is { } refusal)
        {
            throw new SqlException(refusal);
        }

        bool IsView(string name) => views.Contains(name)
            || Records.RecordKinds.All.Any(kind => kind.Info.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    private static List<(string Name, string Type)> Describe(DuckConnection connection, string text)
    {
        List<(string, string)> columns = [];
        using var rows = connection.Ask($"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM (\n{text}\n))");
        while (rows.NextChunk())
        {
            for (var row = 0; row < rows.Count; row++)
            {
                columns.Add((Encoding.UTF8.GetString(rows.Column(0).Text(row)),
                    Encoding.UTF8.GetString(rows.Column(1).Text(row))));
            }
        }

        return columns;
    }

    private SqlResult Gather(
        List<(string Name, string Type)> columns, DuckRows rows, int rowsMax, CancellationToken cancel)
    {
        List<IReadOnlyList<string>> answer = [];
        var bytes = 0L;
        while (rows.NextChunk())
        {
            cancel.ThrowIfCancellationRequested();
            for (var row = 0; row < rows.Count; row++)
            {
                if (answer.Count == rowsMax || bytes > _options.AnswerBytesMax) return new(columns, answer, true);
                var values = new string[rows.ColumnCount];
                for (var column = 0; column < values.Length; column++)
                {
                    ref readonly var vector = ref rows.Column(column);
                    if (vector.IsValid(row) && (bytes += vector.Text(row).Length) > _options.AnswerBytesMax)
                    {
                        return new(columns, answer, true);
                    }

                    values[column] = vector.IsValid(row) ? Encoding.UTF8.GetString(vector.Text(row)) : "null";
                }

                answer.Add(values);
            }
        }

        return new(columns, answer, false);
    }

    private static Exception SqlFailure(
        DuckException error, DuckReader reader, SqlQuery query, CancellationToken cancel)
    {
        if (error.IsInterrupt && cancel.IsCancellationRequested) return new OperationCanceledException(cancel);
        if (error.IsInterrupt && reader.IsTooLarge) return new SqlException("the query needs too much memory", error);
        if (error.IsInterrupt && reader.IsTimedOut)
        {
            return new TimeoutException($"the query took more than {query.Timeout.TotalSeconds} s", error);
        }

        return new SqlException(error.Message, error);
    }
}
