using System.Text;
using System.Text.RegularExpressions;
using NetSniff.Detection.Rules.Patterns;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>What rules of one set share.</summary>
/// <param name="scratch">Of the thread that evaluates.</param>
internal sealed class RuleWorkshop(OriginBook origins, StateBudget budget, PatternScratch scratch)
{
    public OriginBook Origins => origins;

    public StateBudget Budget => budget;

    public FieldCatalog Catalog { get; } = FieldCatalog.Shared;

    public PatternScratch Scratch => scratch;

    public Dictionary<string, PatternGate> Gates { get; } = new(StringComparer.Ordinal);
}

/// <summary>From a rule as it was written to a rule that works, or to what is wrong with it.</summary>
internal static class RuleCompiler
{
    /// <summary>Groups that a rule remembers.</summary>
    public const int GroupsMax = 16_384;

    private static readonly SpecText s_source = new("src.ip", 0, ""), s_target = new("dst.ip", 0, "");

    public static Rule? Compile(RuleSpec spec, RuleWorkshop shop, SpecProblems problems)
    {
        var before = problems.Errors;
        List<Filter> filters = [.. MatchFilters.Of(spec, shop, problems)];
        if (spec.Condition is { } condition && Filter(condition, shop, problems) is { } filter) filters.Add(filter);
        var budget = new StateBudget(whole: shop.Budget);
        var judge = NewJudge(spec.Detector, shop, budget, problems);
        var dedupe = NewDedupe(spec, shop, budget, problems);
        List<Silence> silences = [];
        foreach (var exception in spec.Exceptions)
        {
            if (Filter(exception.Condition, shop, problems) is { } hides) silences.Add(new Silence(exception, hides));
        }

        var output = spec.Output is { } text
            ? OutputTemplate.Read(text, shop.Catalog, shop.Origins, problems)
            : null;
        if (spec.IsBroken || problems.Errors > before || judge is null) return null;

        var kinds = KindsOf(spec, filters);
        if (!kinds.Contains(true))
        {
            problems.Add(spec.Line, "spec", "no kind of record can match: what match, condition and detector ask for "
                + "is never in one record");
            return null;
        }

        return new Rule(spec, filters, judge, dedupe, silences, output) { Kinds = kinds, Budget = budget };
    }

    public static Filter? Filter(SpecText text, RuleWorkshop shop, SpecProblems problems)
    {
        var parse = FilterExpression.Parse(text.Value, shop.Catalog, shop.Origins);
        if (parse.IsOk) return parse.Filter;

        problems.Add(text, parse.Problem.ToString(), FaultOf(parse.Problem));
        return null;
    }

    private static RuleFault FaultOf(FilterProblem problem) => problem.Fault switch
    {
        FilterFault.UnknownField => RuleFault.UnknownField,
        FilterFault.Regex => RuleFault.Regex,
        FilterFault.NotServed => RuleFault.NotServed,
        _ => RuleFault.Filter,
    };

    private static Dedupe NewDedupe(
        RuleSpec spec, RuleWorkshop shop, StateBudget budget, SpecProblems problems)
    {
        var (window, groupBy) = spec.Detector switch
        {
            ThresholdSpec threshold => (threshold.WindowNanos, threshold.GroupBy),
            DistinctSpec distinct => (distinct.WindowNanos, distinct.GroupBy),
            _ => (0L, (IReadOnlyList<SpecText>)[s_source, s_target]),
        };
        var names = spec.Dedupe.GroupBy is [_, ..] own ? own : groupBy;
        return new Dedupe(
            RuleFields.Group(names, shop.Catalog, shop.Origins, problems),
            spec.Dedupe.ForNanos ?? window,
            spec.Dedupe.AlertsPerMinuteMax,
            GroupsMax,
            budget);
    }

    private static Judge? NewJudge(
        DetectorSpec spec, RuleWorkshop shop, StateBudget budget, SpecProblems problems)
    {
        switch (spec)
        {
            case ThresholdSpec threshold:
                var groups = RuleFields.Group(threshold.GroupBy, shop.Catalog, shop.Origins, problems);
                FieldProbe? sumOf = null;
                if (threshold.SumOf is { } name)
                {
                    sumOf = RuleFields.Find(name, shop.Catalog, shop.Origins, problems);
                    if (sumOf is not null && (sumOf.Field.Kind is not (FieldKind.Number or FieldKind.Duration)
                        || sumOf.Field.IsNamesOnly))
                    {
                        problems.Add(name, $"{name} is {sumOf.Field.KindInWords}: a sum is made of numbers");
                    }
                }

                return new ThresholdJudge(threshold, groups, sumOf, GroupsMax, budget);
            case DistinctSpec distinct:
                var by = RuleFields.Group(distinct.GroupBy, shop.Catalog, shop.Origins, problems);
                return RuleFields.Find(distinct.Field, shop.Catalog, shop.Origins, problems) is { } field
                    ? new DistinctJudge(distinct, by, field, GroupsMax, budget)
                    : null;
            case PatternDetectorSpec pattern:
                return NewPatternJudge(pattern, shop, problems);
            default:
                return new MatchJudge();
        }
    }

    private static PatternJudge? NewPatternJudge(PatternDetectorSpec spec, RuleWorkshop shop, SpecProblems problems)
    {
        List<FieldProbe> fields = [];
        foreach (var name in spec.Fields)
        {
            if (FieldAliases.NotServed.TryGetValue(name.Value, out var why))
            {
                problems.Warn(name.Line, name.Path, $"{name} is not looked at: {why}", RuleFault.NotServed);
                continue;
            }

            if (RuleFields.Find(name, shop.Catalog, shop.Origins, problems) is not { } field) continue;

            var isText = field.Field.Header == HeaderField.None
                && field.Field.Kind is FieldKind.Text or FieldKind.Texts or FieldKind.Bytes;
            if (isText) fields.Add(field);
            else problems.Add(name, $"{name} is no text of a record: patterns look at texts");
        }

        if (fields.Count == 0 && spec.Fields.All(static name => FieldAliases.NotServed.ContainsKey(name.Value)))
        {
            problems.Add(spec.Fields[0], "no record has any of its fields in this version", RuleFault.NotServed);
            return null;
        }

        List<CompiledPattern> patterns = [];
        List<string> literals = [];
        foreach (var pattern in spec.Patterns)
        {
            if (Pattern(pattern, literals, problems) is { } one) patterns.Add(one);
        }

        if (spec.Patterns.Sum(static pattern => (long)pattern.Score) < spec.MinScore)
        {
            problems.Add(spec.Fields[0].Line, "spec.detector.pattern.minScore", "is more than all scores together");
        }

        // What is wrong with one of them was told.
        if (patterns.Count < spec.Patterns.Count || fields.Count == 0) return null;

        var place = $"{string.Join(' ', fields.Select(static field => field.Name))}|{string.Join(' ', spec.Decode)}";
        if (!shop.Gates.TryGetValue(place, out var gate))
        {
            gate = new PatternGate(fields, [.. spec.Decode], shop.Scratch);
            shop.Gates.Add(place, gate);
        }

        gate.Add(literals);
        return new PatternJudge(fields, spec, patterns, literals, shop.Scratch, gate);
    }

    /// <param name="literals">Gets what it asks for.</param>
    private static CompiledPattern? Pattern(PatternSpec spec, List<string> literals, SpecProblems problems)
    {
        if (spec.Literal is { } literal)
        {
            // One letter for each octet of UTF-8, as texts are looked at.
            var letters = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(literal.Value));
            literals.Add(letters);
            return new CompiledPattern(spec.Name, spec.Score, letters, null,
                System.Buffers.SearchValues.Create([letters], StringComparison.OrdinalIgnoreCase));
        }

        var text = spec.Regex!;
        if (RegexBudget.Refuse(text.Value) is { } refusal)
        {
            problems.Add(text, refusal, RuleFault.Regex);
            return null;
        }

        if (RegexBudget.Cost(text.Value) > RegexBudget.SizeMax)
        {
            problems.Add(text, "is too large with its counts written out", RuleFault.Regex);
            return null;
        }

        try
        {
            var regex = new Regex(text.Value, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            var asked = RequiredLiterals.Of(text.Value);
            if (asked is not null) literals.AddRange(asked);
            var gate = asked is null ? null
                : System.Buffers.SearchValues.Create([.. asked], StringComparison.OrdinalIgnoreCase);
            return new CompiledPattern(spec.Name, spec.Score, "", regex, gate);
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            problems.Add(text, $"is no regular expression: {RegexBudget.Reason(problem)}", RuleFault.Regex);
            return null;
        }
    }

    /// <summary>What speaks for a kind: the filters, and that the detector finds its fields.</summary>
    private static bool[] KindsOf(RuleSpec spec, List<Filter> filters)
    {
        var schemas = RecordKinds.All;
        var kinds = schemas.Select(static schema => schema.Info != FindingRecord.Info).ToArray();
        foreach (var filter in filters)
        {
            var possible = FilterKinds.Of(filter, schemas);
            for (var kind = 0; kind < kinds.Length; kind++) kinds[kind] &= possible[kind];
        }

        string[] needed = spec.Detector switch
        {
            PatternDetectorSpec pattern => [.. pattern.Fields.Select(OwnName).OfType<string>()],
            DistinctSpec distinct when OwnName(distinct.Field) is { } field => [field],
            ThresholdSpec { SumOf: { } sumOf } when OwnName(sumOf) is { } field => [field],
            _ => [],
        };
        if (needed is []) return kinds;

        for (var kind = 0; kind < kinds.Length; kind++)
        {
            kinds[kind] &= needed.Any(field => schemas[kind].Find(field) is not null);
        }

        return kinds;
    }

    /// <summary>What a field of records is called here; null for one of their header.</summary>
    private static string? OwnName(SpecText field) =>
        FieldCatalog.Shared.Find(field.Value) is { Header: HeaderField.None } own ? own.Name : null;
}
