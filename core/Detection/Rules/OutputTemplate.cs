using System.Globalization;
using System.Text;
using NetSniff.Detection.Rules.Patterns;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>The message of a finding: text with `{{field}}` in it.</summary>
internal sealed class OutputTemplate
{
    /// <summary>Characters of a message.</summary>
    private const int LengthMax = 2048;

    private readonly List<(string Text, FieldProbe? Field, string Own)> _parts = [];

    /// <summary>What a template may say of the finding itself.</summary>
    private static readonly string[] s_own =
        ["finding.rule", "finding.count", "finding.limit", "finding.score", "finding.patterns", "finding.evidence"];

    /// <summary>Reads a template; what is wrong with it is told.</summary>
    public static OutputTemplate? Read(
        SpecText text, FieldCatalog catalog, OriginBook origins, SpecProblems problems)
    {
        var template = new OutputTemplate();
        var rest = text.Value;
        while (rest.Length > 0)
        {
            var open = rest.IndexOf("{{", StringComparison.Ordinal);
            if (open < 0)
            {
                template._parts.Add((rest, null, ""));
                break;
            }

            var close = rest.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
            {
                problems.Add(text, "{{ is never closed by }}");
                return null;
            }

            template._parts.Add((rest[..open], null, ""));
            var name = rest[(open + 2)..close].Trim();
            rest = rest[(close + 2)..];
            if (s_own.Contains(name, StringComparer.Ordinal)) template._parts.Add(("", null, name));
            else if (RuleFields.Find(text with { Value = name }, catalog, origins, problems) is { } field)
            {
                template._parts.Add(("", field, ""));
            }
        }

        return template;
    }

    public string Of(RecordView record, RuleSpec rule, in Judgement judgement, ulong limit, PatternTrace? trace)
    {
        var message = new StringBuilder();
        foreach (var (text, field, own) in _parts)
        {
            message.Append(text);
            if (field is not null) message.Append(field.Text(record));
            message.Append(own switch
            {
                "" => "",
                "finding.rule" => rule.FullName,
                "finding.count" => judgement.Count.ToString(CultureInfo.InvariantCulture),
                "finding.limit" => limit.ToString(CultureInfo.InvariantCulture),
                "finding.score" => judgement.Score.ToString(CultureInfo.InvariantCulture),
                "finding.patterns" => string.Join(", ", trace?.Names ?? []),
                _ => trace?.Evidence ?? "",
            });
        }

        return message.Length <= LengthMax ? message.ToString() : message.ToString(0, LengthMax);
    }
}

/// <summary>Fields that rules name.</summary>
internal static class RuleFields
{
    public static FieldProbe? Find(SpecText name, FieldCatalog catalog, OriginBook origins, SpecProblems problems)
    {
        if (catalog.Find(name.Value) is { } field) return new FieldProbe(field, origins);

        if (FieldAliases.NotServed.TryGetValue(name.Value, out var why))
        {
            problems.Add(name, $"{name} cannot be asked for; {why}", RuleFault.NotServed);
            return null;
        }

        var near = catalog.Nearest(name.Value);
        var hint = near is null ? "`netsniff fields` lists them" : $"did you mean {near}?";
        problems.Add(name, $"unknown field '{SpecMap.Shown(name.Value)}'; {hint}", RuleFault.UnknownField);
        return null;
    }

    public static GroupFields Group(
        IReadOnlyList<SpecText> names, FieldCatalog catalog, OriginBook origins, SpecProblems problems) =>
        new([.. names.Select(name => Find(name, catalog, origins, problems)).OfType<FieldProbe>()]);
}
