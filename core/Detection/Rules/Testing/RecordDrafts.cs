using System.Globalization;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Detection.Rules.Testing;

/// <summary>Makes records out of what tests say: a field a line, by the names that filters have.</summary>
/// <remarks>Beside fields, <c>kind</c> or <c>protocol</c> say what the record is, <c>repeat</c> how often it comes,
/// <c>every</c> how long after each other, <c>at</c> when the first one comes after the test began; <c>{{n}}</c> in a
/// value is the number of the repeat.</remarks>
internal sealed class RecordDrafts(FieldCatalog catalog, SpecProblems problems, string path)
{
    /// <summary>Records of one test.</summary>
    public const int RepeatMax = 20_000;

    private const string Number = "{{n}}";
    private const long BetweenNanos = 1_000_000;

    /// <summary>2026-01-01T00:00:00Z: any time, but always the same.</summary>
    private const long BeginNanos = 1_767_225_600_000_000_000;

    public IEnumerable<byte[]> Make(IReadOnlyList<SpecNode> nodes)
    {
        var next = BeginNanos;
        var place = 0ul;
        for (var index = 0; index < nodes.Count; index++)
        {
            var at = $"{path}[{index.ToString(CultureInfo.InvariantCulture)}]";
            if (nodes[index].Kind != SpecKind.Map)
            {
                problems.Add(nodes[index].Line, at, "must be a map of fields");
                continue;
            }

            var (repeat, every, begin) = Course(nodes[index], at);
            if (begin >= 0) next = BeginNanos + begin;
            for (var number = 1; number <= repeat; number++)
            {
                var draft = new RecordDraft(catalog, problems, at);
                var bytes = draft.Make(nodes[index], number.ToString(CultureInfo.InvariantCulture), next, ++place);
                if (bytes is null) break;

                yield return bytes;
                next += every;
            }
        }
    }

    /// <summary>What a value says for one of the repeats.</summary>
    public static string Numbered(string value, string number) =>
        value.Replace(Number, number, StringComparison.Ordinal);

    private (long Repeat, long Every, long Begin) Course(SpecNode node, string at)
    {
        var every = Duration(node, "every", at) ?? BetweenNanos;
        var begin = Duration(node, "at", at) ?? -1;
        if (node.Find("repeat") is not { } repeat) return (1, every, begin);

        if (long.TryParse(repeat.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count is >= 1 and <= RepeatMax)
        {
            return (count, every, begin);
        }

        problems.Add(repeat.Line, $"{at}.repeat", $"is a whole number from 1 to {RepeatMax}");
        return (1, every, begin);
    }

    private long? Duration(SpecNode node, string name, string at)
    {
        if (node.Find(name) is not { } text) return null;
        if (RuleDuration.TryParse(text.Value, out var nanos)) return nanos;

        problems.Add(text.Line, $"{at}.{name}", "is a duration such as 100ms");
        return null;
    }
}
