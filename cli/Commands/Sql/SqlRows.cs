using System.Text;
using System.Text.Json;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Http;

namespace NetSniff.Cli.Commands.Sql;

/// <summary>Rows of an answer in one of the formats. A table waits for all of them, to know how wide its columns are.
/// </summary>
internal sealed class SqlRows(OutputBuffer buffer, SqlFormat format, Line line)
{
    private readonly JsonLine _json = new(buffer);
    private byte[][] _names = [];
    private bool[] _isTime = [];
    private Grid? _grid;

    public long Count { get; private set; }

    public void Begin(IReadOnlyCollection<SqlColumn> columns)
    {
        _names = SqlColumns.Distinct(columns);
        _isTime = [.. columns.Select(column => IsTime(column.Type))];
        if (format == SqlFormat.Table)
        {
            _grid = new Grid([.. _names.Select(Encoding.UTF8.GetString)]) { Remedy = "--wide or -o json shows" };
        }

        if (format == SqlFormat.Json) _json.WriteStartArray();
        if (format == SqlFormat.Csv) WriteCsv(_names.Select(Encoding.UTF8.GetString));
    }

    public void Add(SqlRow row)
    {
        Count++;
        switch (format)
        {
            case SqlFormat.Table:
                _grid!.Add([.. row.Values.Select(CellOf)]);
                return;
            case SqlFormat.Csv:
                WriteCsv(row.Values.Select(TextOf));
                return;
            default:
                WriteJson(row);
                return;
        }
    }

    public void End()
    {
        if (_names.Length > 0 && format == SqlFormat.Table) _grid!.Write(line, buffer);
        if (_names.Length > 0 && format == SqlFormat.Json)
        {
            _json.WriteEndArray();
            _json.End();
        }

        buffer.Flush();
    }

    private GridCell CellOf(string value, int column) => value switch
    {
        "null" => GridCell.Of("null", Paint.Dim),
        [(>= '0' and <= '9') or '-', ..] => GridCell.Number(value),
        _ => GridCell.Of(TextOf(value)) with { IsWhole = _isTime[column] },
    };

    private static bool IsTime(string type) => type.StartsWith("TIMESTAMP", StringComparison.OrdinalIgnoreCase)
        || type.StartsWith("DATE", StringComparison.OrdinalIgnoreCase)
        || type.StartsWith("INTERVAL", StringComparison.OrdinalIgnoreCase);

    /// <summary>Texts without their quotes; all else as JSON has it.</summary>
    private static string TextOf(string value) =>
        value is ['"', ..] ? JsonSerializer.Deserialize(value, SqlJson.Default.String)! : value == "null" ? "" : value;

    private void WriteJson(SqlRow row)
    {
        _json.WriteStartObject();
        for (var index = 0; index < row.Values.Count; index++)
        {
            _json.WriteNameValue(_names[index]);
            _json.WriteRawValue(Encoding.UTF8.GetBytes(row.Values[index]));
        }

        _json.WriteEndObject();
        if (format == SqlFormat.Jsonl) _json.End();
    }

    /// <summary>RFC 4180, with line feeds alone.</summary>
    private void WriteCsv(IEnumerable<string> values)
    {
        var isFirst = true;
        foreach (var value in values)
        {
            if (!isFirst) buffer.Append((byte)',');
            isFirst = false;
            buffer.Append(value.AsSpan().ContainsAny(",\"\r\n")
                ? '"' + value.Replace("\"", "\"\"", StringComparison.Ordinal) + '"'
                : value);
        }

        buffer.EndLine();
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class SqlJson : System.Text.Json.Serialization.JsonSerializerContext;
