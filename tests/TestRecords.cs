using System.Globalization;
using System.Text;
using NetSniff.Records;

namespace NetSniff.Tests;

/// <summary>Collects what parsers emit, each record as readable `name=value` text, for assertions.</summary>
internal static class TestRecords
{
    public static RecordSink NewSink() => new(capacity: 1 << 21);

    public static List<string> Lines(RecordSink sink)
    {
        var lines = new List<string>();
        foreach (var record in new RecordWalker(sink.Bytes)) lines.Add(Line(record));
        return lines;
    }

    /// <summary>Each with the nanoseconds since a moment in front.</summary>
    public static List<string> TimedLines(RecordSink sink, long sinceNanos)
    {
        List<string> lines = [];
        foreach (var record in new RecordWalker(sink.Bytes))
        {
            lines.Add(string.Create(
                CultureInfo.InvariantCulture, $"{record.Header.TimeNanos - sinceNanos} {Line(record)}"));
        }

        return lines;
    }

    public static string Line(RecordView record)
    {
        var text = new StringBuilder(record.Schema.Info.Name);
        if (record.Header.Traits != RecordTraits.None) text.Append(" !").Append(record.Header.Traits);
        foreach (var field in record) text.Append(' ').Append(field.Field.Name).Append('=').Append(Show(field.Value));
        return text.ToString();
    }

    public static string Show(FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldKind.Flag: return value.Flag ? "true" : "false";
            case FieldKind.Text: return Encoding.Latin1.GetString(value.Text);
            case FieldKind.Bytes: return Convert.ToHexString(value.Text);
            case FieldKind.Address: return value.Address.ToString();
            case FieldKind.Texts:
                var texts = new List<string>();
                foreach (var text in value.Texts) texts.Add(Encoding.Latin1.GetString(text));
                return "[" + string.Join(", ", texts) + "]";
            case FieldKind.Numbers:
                var numbers = new List<ulong>();
                for (var index = 0; index < value.NumbersCount; index++) numbers.Add(value.NumberAt(index));
                return "[" + string.Join(", ", numbers) + "]";
            case FieldKind.Duration or FieldKind.Time: return value.Nanos.ToString(CultureInfo.InvariantCulture);
            default: return value.Number.ToString(CultureInfo.InvariantCulture);
        }
    }
}
