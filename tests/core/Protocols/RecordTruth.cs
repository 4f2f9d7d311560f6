using System.Text.RegularExpressions;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols;

/// <summary>What a conversation says when all of it is seen, to hold against what is said after a loss.</summary>
internal sealed class RecordTruth
{
    private readonly HashSet<string> _records = [];
    private readonly HashSet<(string Field, string Value)> _values = [];
    private readonly bool _areAllPartial;

    /// <param name="areAllPartial">Records may lack things without saying so: an unanswered question is no loss that
    /// anybody can see.</param>
    public RecordTruth(RecordSink sink, bool areAllPartial = false)
    {
        _areAllPartial = areAllPartial;
        foreach (var record in new RecordWalker(sink.Bytes))
        {
            _records.Add(Whole(record));
            foreach (var value in Values(record)) _values.Add(value);
        }
    }

    /// <summary>A record that claims to be whole is one of the true ones; of a partial one every text was said.
    /// </summary>
    public void Check(RecordSink sink, string where)
    {
        foreach (var record in new RecordWalker(sink.Bytes))
        {
            if (record.Header.Traits == RecordTraits.None && !_areAllPartial)
            {
                Assert.True(_records.Contains(Whole(record)), $"{where}: {TestRecords.Line(record)}");
                continue;
            }

            var isCut = TestRecords.Line(record).Contains(".problem=cut", StringComparison.Ordinal);
            foreach (var value in Values(record))
            {
                Assert.True(
                    value.Value.Length == 0 || _values.Contains(value) || (isCut && IsBeginning(value)),
                    $"{where}: {value.Field} is {value.Value} in {TestRecords.Line(record)}");
            }
        }
    }

    /// <summary>Records of a capture that cut every datagram: one that does not say it is partial has no text that was
    /// not said.</summary>
    public void CheckCut(RecordSink sink, string where)
    {
        foreach (var record in new RecordWalker(sink.Bytes))
        {
            if ((record.Header.Traits & RecordTraits.Partial) != 0) continue;

            foreach (var value in Values(record))
            {
                Assert.True(
                    value.Value.Length == 0 || _values.Contains(value),
                    $"{where}: {value.Field} is {value.Value} in {TestRecords.Line(record)}");
            }
        }
    }

    /// <summary>A text that the record itself calls cut may end too soon, but begins as the true one does.</summary>
    private bool IsBeginning((string Field, string Value) value) => _values.Any(
        known => known.Field == value.Field && known.Value.StartsWith(value.Value, StringComparison.Ordinal));

    /// <summary>All that the record says, but for its place among those that were seen.</summary>
    private static string Whole(RecordView record) =>
        Regex.Replace(TestRecords.Line(record), @" dns\.exchange=\d+", "");

    /// <summary>What was said, not how much of it: texts, and each of a list. What was wrong is about us.</summary>
    private static List<(string Field, string Value)> Values(RecordView record)
    {
        List<(string, string)> values = [];
        foreach (var field in record)
        {
            var name = field.Field.Name;
            if (name.EndsWith(".problem", StringComparison.Ordinal)) continue;
            // Either side names the version it speaks.
            if (name == "http.version") continue;
            // The name of a number: a question alone has another mode than with its answer.
            if (name.EndsWith("_name", StringComparison.Ordinal)) continue;
            if (field.Field.Kind is FieldKind.Text or FieldKind.Bytes or FieldKind.Address)
            {
                values.Add((name, TestRecords.Show(field.Value)));
            }
            else if (field.Field.Kind == FieldKind.Texts)
            {
                foreach (var text in field.Value.Texts) values.Add((name, System.Text.Encoding.Latin1.GetString(text)));
            }
        }

        return values;
    }
}
