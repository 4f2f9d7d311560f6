using System.Text.Encodings.Web;
using System.Text.Json;
using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>SQL of others, under limits.</summary>
public sealed partial class ClickHouseStore
{
    public SqlResult Sql(SqlQuery query, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Text.Length > ClickSqlGuard.LengthMax)
        {
            throw new SqlException($"the query is longer than {ClickSqlGuard.LengthMax} characters");
        }

        var text = query.Text.TrimEnd().TrimEnd(';');
        var tokens = ClickSqlText.Cut(text);
        if (tokens.Count == 0) throw new SqlException("the query is empty");
        try
        {
            return Told(tokens, cancel) ?? Ask(text, tokens, query, cancel);
        }
        catch (ClickException error) when (error.IsTimeout)
        {
            throw new TimeoutException($"the query took more than {query.Timeout.TotalSeconds} s", error);
        }
        catch (ClickException error) when (error.IsMemory)
        {
            throw new SqlException("the query needs too much memory", error);
        }
        catch (ClickException error)
        {
            throw error.Code == ClickException.NoAnswer ? Failure(error) : new SqlException(error.Message, error);
        }
    }

    private static bool IsView(string name) => ClickSchema.OtherViews.Contains(name)
        || RecordKinds.All.Any(kind => kind.Info.Name == name);

    /// <summary>SHOW TABLES and DESCRIBE, in our words: a server's own would tell of what is not to be asked.</summary>
    private SqlResult? Told(List<SqlToken> tokens, CancellationToken cancel)
    {
        if (tokens.Count == 2 && tokens[0].Is("show") && tokens[1].Is("tables"))
        {
            var names = _tables.All.Select(table => table.Name).Concat(ClickSchema.OtherViews);
            return new SqlResult(
                [("name", "String")],
                [.. names.Order(StringComparer.Ordinal).Select(name => (string[])[JsonOf(name)])], false);
        }

        if (!tokens[0].Is("describe") && !tokens[0].Is("desc")) return null;
        var table = tokens[^1];
        var isTable = tokens.Count == 2 || (tokens.Count == 3 && tokens[1].Is("table"));
        if (!isTable || !table.IsName || !IsView(table.Text))
        {
            throw new SqlException("DESCRIBE takes the name of a table; SHOW TABLES lists them");
        }

        var columns = Describe(ClickText.Name(table.Text), cancel);
        return new SqlResult(
            [("name", "String"), ("type", "String")],
            [.. columns.Select(column => (string[])[JsonOf(column.Name), JsonOf(column.Type)])], false);
    }

    private SqlResult Ask(string text, List<SqlToken> tokens, SqlQuery query, CancellationToken cancel)
    {
        if (ClickSqlGuard.Refusal(tokens, IsView) is { } refusal) throw new SqlException(refusal);

        // On lines of its own, so that a comment at its end ends there.
        var columns = Describe($"(\n{text}\n)", cancel);
        var limited = Limited(
            $"SELECT * FROM (\n{text}\n) LIMIT {query.RowsMax + 1L} FORMAT JSONEachRow", query.Timeout);
        var body = _http.AskBytes(
            limited with
            {
                Settings = [.. limited.Settings, ("output_format_json_quote_64bit_integers", "0")],
                BytesMax = _options.AnswerBytesMax,
            },
            cancel);
        return Gather(columns, body, query.RowsMax);
    }

    private List<(string Name, string Type)> Describe(string what, CancellationToken cancel)
    {
        List<(string, string)> columns = [];
        var rows = _http.Ask(Limited($"DESCRIBE TABLE {what}", s_aggregateTime), cancel);
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                columns.Add((rows.Column(0).String(row), rows.Column(1).String(row)));
            }
        }

        return columns;
    }

    /// <summary>A line for each row; what was cut off ends in the middle of one.</summary>
    private SqlResult Gather(List<(string Name, string Type)> columns, byte[] body, int rowsMax)
    {
        List<IReadOnlyList<string>> answer = [];
        var isCut = body.Length >= _options.AnswerBytesMax;
        var rest = body.AsMemory();
        while (!rest.IsEmpty)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            if (answer.Count == rowsMax || (end < 0 && isCut)) return new SqlResult(columns, answer, true);
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (!line.IsEmpty) answer.Add(Row(line, columns.Count));
        }

        return new SqlResult(columns, answer, isCut);
    }

    private static List<string> Row(ReadOnlyMemory<byte> line, int columns)
    {
        try
        {
            using var row = JsonDocument.Parse(line);
            List<string> values = [.. row.RootElement.EnumerateObject().Select(value => Json(value.Value))];
            if (values.Count == columns) return values;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new ClickException(ClickException.NoAnswer, "a row of the answer cannot be read");
    }

    /// <summary>An old server escapes slashes, which nobody must and we do not.</summary>
    private static string Json(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? JsonOf(value.GetString()!) : value.GetRawText();

    private static string JsonOf(string text) =>
        $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
