using System.Text;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Http;

/// <summary>Rows of SQL as lines of JSON, each with the names of its columns.</summary>
internal sealed class SqlLines(JsonStream stream) : IAnswers<SqlAnswer>
{
    private byte[][] _names = [];

    public Task WriteAsync(SqlAnswer answer, CancellationToken cancel)
    {
        if (answer.Columns.Count > 0) _names = SqlColumns.Distinct(answer.Columns);
        foreach (var row in answer.Rows) Write(row);
        if (answer.Completeness is { } completeness)
        {
            stream.Begin("completeness");
            stream.Json.WriteStartObject();
            AnswerJson.Write(stream.Json, completeness);
            stream.Json.WriteEndObject();
            stream.Json.End();
            stream.End();
        }

        return stream.SendAsync(cancel);
    }

    private void Write(SqlRow row)
    {
        stream.Begin("row");
        stream.Json.WriteStartObject();
        for (var index = 0; index < row.Values.Count; index++)
        {
            stream.Json.WriteNameValue(_names[index]);
            stream.Json.WriteRawValue(Encoding.UTF8.GetBytes(row.Values[index]));
        }

        stream.Json.WriteEndObject();
        stream.Json.End();
        stream.End();
    }
}

public static class SqlColumns
{
    /// <summary>Names as keys of one object: the second of the same name gets a number.</summary>
    public static byte[][] Distinct(IEnumerable<SqlColumn> columns)
    {
        HashSet<string> taken = new(StringComparer.Ordinal);
        List<byte[]> names = [];
        foreach (var column in columns)
        {
            var name = column.Name;
            for (var number = 2; !taken.Add(name); number++) name = $"{column.Name}_{number}";
            names.Add(Encoding.UTF8.GetBytes(name));
        }

        return [.. names];
    }
}
