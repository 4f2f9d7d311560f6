using System.Text;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols.Http1;

/// <summary>An exchange on one line: traits, version, method, target, host, status, body bytes, what was wrong.
/// </summary>
internal static class HttpLines
{
    public static List<string> Of(RecordSink sink)
    {
        var lines = new List<string>();
        foreach (var record in new RecordWalker(sink.Bytes))
        {
            if (record.Schema.Info.Name == "http") lines.Add(Line(record));
        }

        return lines;
    }

    private static string Line(RecordView record)
    {
        var text = new StringBuilder();
        if (record.Header.Traits != RecordTraits.None) text.Append('!').Append(record.Header.Traits).Append(' ');
        string[] words = ["http.version", "http.method", "http.uri", "http.host", "http.status"];
        foreach (var word in words)
        {
            if (record.TryGet(word, out var value)) text.Append(TestRecords.Show(value)).Append(' ');
        }

        text.Append(Bytes(record, "http.request.bytes")).Append('/').Append(Bytes(record, "http.response.bytes"));
        if (record.TryGet("http.interim", out var interim)) text.Append(" interim=").Append(TestRecords.Show(interim));
        if (record.TryGet("http.problem", out var problem)) text.Append(' ').Append(TestRecords.Show(problem));
        return text.ToString();
    }

    private static string Bytes(RecordView record, string field) =>
        record.TryGet(field, out var value) ? TestRecords.Show(value) : "-";
}
