using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Detection.Rules;

/// <summary>From documents to rules as they were written, and everything that is wrong with them.</summary>
public static partial class RuleReader
{
    public const string ApiVersion = "netsniff.io/v1alpha1";
    public const string Kind = "DetectionRule";

    private const int NameMax = 253;
    private const int PriorityMax = 1000;
    private const string ListKind = "List";

    /// <summary>The rules of one document: one rule, a list of them, or a `List` of them.</summary>
    /// <returns>All of them; of those in which something is wrong, what could be read.</returns>
    public static IReadOnlyList<RuleSpec> Read(SpecNode document, string file, List<RuleProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(problems);
        var found = new SpecProblems(file, problems);
        var documents = document.Kind == SpecKind.List ? document.Elements
            : document.Find("kind")?.Value == ListKind ? document.Find("items")?.Elements ?? []
            : [document];
        List<RuleSpec> rules = [];
        foreach (var one in documents)
        {
            if (ReadOne(one, file, found) is { } rule) rules.Add(rule);
        }

        return rules;
    }

    private static RuleSpec? ReadOne(SpecNode document, string file, SpecProblems problems)
    {
        problems.Rule = document.Find("metadata")?.Find("name")?.Value ?? "";
        var before = problems.Errors;
        var map = new SpecMap(document, "", problems);
        if (document.Kind != SpecKind.Map) return null;

        Expect(map, "apiVersion", ApiVersion, problems);
        Expect(map, "kind", Kind, problems);
        map.Node("status"); // what the operator wrote
        var (name, space) = Metadata(map.Map("metadata", isRequired: true), problems);
        var spec = map.Map("spec", isRequired: true);
        map.End();
        if (spec is null) return null;

        var rule = ReadSpec(spec, problems);
        spec.End();
        return rule with
        {
            Name = name, Namespace = space, File = file, Line = document.Line, Revision = document.Revision(),
            IsBroken = problems.Errors > before,
        };
    }

    private static void Expect(SpecMap map, string field, string value, SpecProblems problems)
    {
        if (map.Text(field, NameMax, isRequired: true) is { } text && text.Value != value)
        {
            problems.Add(text, $"is {value}, not '{SpecMap.Shown(text.Value)}'");
        }
    }

    /// <summary>Names alone are ours; the rest is of whoever keeps the objects.</summary>
    private static (string Name, string Namespace) Metadata(SpecMap? map, SpecProblems problems)
    {
        if (map is null) return ("", "");

        var name = map.Text("name", NameMax, isRequired: true);
        var space = map.Text("namespace", NameMax);
        foreach (var text in (ReadOnlySpan<SpecText?>)[name, space])
        {
            if (text is null || text.Value.All(static letter => char.IsAsciiLetterLower(letter)
                || char.IsAsciiDigit(letter) || letter is '-' or '.'))
            {
                continue;
            }

            problems.Add(text, $"has small letters, digits, - and . only, not '{SpecMap.Shown(text.Value)}'");
        }

        return (name?.Value ?? "", space?.Value ?? "");
    }

    private static RuleSpec ReadSpec(SpecMap spec, SpecProblems problems)
    {
        var condition = spec.Text("condition", FilterExpression.LengthMax);
        var detector = ReadDetector(spec.Map("detector", isRequired: true), problems);
        if (condition is null && detector is not (null or PatternDetectorSpec))
        {
            problems.Add(spec.Line, spec.PathOf("condition"), "is required for Match, Threshold and Distinct");
        }

        var mode = spec.OneOf("mode", RuleMode.Alert);
        var attack = spec.Map("attack");
        var rule = new RuleSpec
        {
            Name = "",
            Description = spec.Text("description", 2048)?.Value ?? "",
            Mode = mode,
            Scope = spec.OneOf("scope", RuleScope.Namespace),
            Severity = spec.OneOf("severity", Severity.Info, isRequired: true),
            Priority = (int)spec.Whole("priority", 0, PriorityMax, 500),
            Match = ReadMatch(spec.Map("match"), problems),
            Condition = condition,
            Detector = detector ?? new MatchDetectorSpec(),
            Exceptions = ReadExceptions(spec, problems),
            Dedupe = ReadDedupe(spec.Map("dedupe")),
            Actions = ReadActions(spec, mode, problems, out var capture),
            Capture = capture,
            Output = spec.Text("output", 1024),
            Tactics = Marks(attack, "tactics", 8, "TA", problems),
            Techniques = Marks(attack, "techniques", 16, "T", problems),
            References = ReadReferences(spec, problems),
            Tests = ReadTests(spec, problems),
        };
        attack?.End();
        return rule;
    }

    private static List<ExceptionSpec> ReadExceptions(SpecMap spec, SpecProblems problems)
    {
        List<ExceptionSpec> exceptions = [];
        foreach (var map in spec.Maps("exceptions", 64))
        {
            var name = map.Text("name", 63, isRequired: true);
            var condition = map.Text("condition", 1024, isRequired: true);
            var reason = map.Text("reason", 512, isRequired: true);
            long? expire = null;
            if (map.Text("expireTime", 64) is { } text)
            {
                if (FilterValues.TryTime(text.Value, out var nanos)) expire = nanos;
                else problems.Add(text, $"is a time such as 2027-03-01T00:00:00Z, not '{SpecMap.Shown(text.Value)}'");
            }

            map.End();
            if (name is null || condition is null || reason is null) continue;
            if (exceptions.Any(one => one.Name == name.Value)) problems.Add(name, "another exception has this name");
            exceptions.Add(new ExceptionSpec(name.Value, condition, reason.Value, expire));
        }

        return exceptions;
    }

    private static DedupeSpec ReadDedupe(SpecMap? map)
    {
        if (map is null) return new DedupeSpec();

        var dedupe = new DedupeSpec
        {
            GroupBy = map.Texts("groupBy", 8, 128),
            ForNanos = map.Duration("for"),
            AlertsPerMinuteMax = (int)map.Whole("maxAlertsPerMinute", 1, 10_000, 60),
        };
        map.End();
        return dedupe;
    }

    private static List<string> Marks(SpecMap? attack, string name, int countMax, string start, SpecProblems problems)
    {
        List<string> marks = [];
        foreach (var text in attack?.Texts(name, countMax, 16) ?? [])
        {
            var digits = text.Value.AsSpan(Math.Min(start.Length, text.Value.Length));
            var isFine = text.Value.StartsWith(start, StringComparison.Ordinal) && digits.Length is 4 or 8
                && !digits[..4].ContainsAnyExceptInRange('0', '9')
                && (digits.Length == 4 || (start == "T" && digits[4] == '.'
                    && !digits[5..].ContainsAnyExceptInRange('0', '9')));
            if (isFine) marks.Add(text.Value);
            else problems.Add(text, $"is written like {start}1046, not '{SpecMap.Shown(text.Value)}'");
        }

        return marks;
    }

    private static List<string> ReadReferences(SpecMap spec, SpecProblems problems)
    {
        List<string> references = [];
        foreach (var text in spec.Texts("references", 16, 2048))
        {
            var isFine = text.Value.StartsWith("https://", StringComparison.Ordinal)
                || text.Value.StartsWith("http://", StringComparison.Ordinal);
            if (isFine) references.Add(text.Value);
            else problems.Add(text, "begins with https:// or http://");
        }

        return references;
    }

    private static List<RuleTestSpec> ReadTests(SpecMap spec, SpecProblems problems)
    {
        List<RuleTestSpec> tests = [];
        foreach (var map in spec.Maps("tests", 32))
        {
            var name = map.Text("name", 63, isRequired: true);
            var expect = map.OneOf("expect", Expectation.Alert, isRequired: true);
            if (map.Has("pcapRef")) problems.Add(map.Line, map.PathOf("pcapRef"), "is not read yet: write records",
                RuleFault.NotServed);
            var records = map.Node("records");
            map.End();
            if (records is not { Kind: SpecKind.List, Elements.Count: >= 1 and <= 16 })
            {
                problems.Add(map.Line, map.PathOf("records"), "is a list of 1 to 16 records");
                continue;
            }

            if (name is null) continue;
            if (tests.Any(one => one.Name == name.Value)) problems.Add(name, "another test has this name");
            tests.Add(new RuleTestSpec(name.Value, expect == Expectation.Alert, map.Line, map.PathOf("records"))
            {
                Records = records.Elements,
            });
        }

        return tests;
    }

    private enum Expectation : byte { Alert, NoAlert }
}
