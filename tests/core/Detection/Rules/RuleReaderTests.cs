using NetSniff.Detection.Rules;

namespace NetSniff.Tests.Detection.Rules;

public class RuleReaderTests
{
    private const string Http = "condition: http\ndetector: {type: Match}\n";

    public static TheoryData<string, string> Mistakes => new()
    {
        { "detector: {type: Match}", "t.yaml:5: spec.condition: is required for Match, Threshold and Distinct" },
        {
            "condition: http\ndetector: {type: Mach}",
            "t.yaml:7: spec.detector.type: there is no 'Mach'; did you mean Match?"
        },
        {
            "condition: http\ndetector: {type: Sequence, sequence: {}}",
            "t.yaml:7: spec.detector.type: Sequence is not in this version; there are Match, Threshold, Distinct"
        },
        {
            "conditon: http\ncondition: http\ndetector: {type: Match}",
            "t.yaml:6: spec.conditon: unknown field; there are"
        },
        {
            "condition: http.statu > 1\ndetector: {type: Match}",
            "unknown field 'http.statu' at column 1; did you mean http.status?"
        },
        { Http + "mode: alert", "spec.mode: there is no 'alert'; did you mean Alert?" },
        { Http + "mode: 1", "spec.mode: there is no '1'" },
        { Http + "priority: 1001", "spec.priority: is a whole number from 0 to 1000, not '1001'" },
        {
            "condition: http\ndetector: {type: Match, threshold: {count: 1, window: 1s}}",
            "is for type Threshold, not Match"
        },
        { "condition: http\ndetector: {type: Threshold}", "spec.detector.threshold: is missing" },
        {
            "condition: http\ndetector: {type: Threshold, threshold: {count: 3}}",
            "spec.detector.threshold.window: is missing"
        },
        {
            "condition: http\ndetector: {type: Threshold, threshold: {count: 3, window: 5}}",
            "is a duration such as 30s or 1h30m, not '5'"
        },
        {
            "condition: http\ndetector: {type: Threshold, threshold: {count: 3, window: 5s, groupBy: [src.pi]}}",
            "unknown field 'src.pi'; did you mean src.ip?"
        },
        {
            "condition: http\ndetector: {type: Threshold, threshold: {count: 3, window: 5s, sumOf: http.uri}}",
            "http.uri is text: a sum is made of numbers"
        },
        {
            "condition: kind == http\ndetector: {type: Distinct, distinct: {field: dns.qname, count: 3, window: 5s}}",
            "no kind of record can match"
        },
        {
            "detector: {type: Pattern, pattern: {fields: [http.status], patterns: [{name: a, literal: b}]}}",
            "http.status is no text of a record"
        },
        {
            "detector: {type: Pattern, pattern: {fields: [http.uri], patterns: [{name: a}]}}",
            "patterns[0]: exactly one of literal and regex must be set"
        },
        {
            "detector: {type: Pattern, pattern: {fields: [http.uri], patterns: [{name: a, regex: '(?=x)'}]}}",
            "patterns[0].regex: behind (? only"
        },
        {
            "detector: {type: Pattern, pattern: {fields: [http.uri], patterns: [{name: a, regex: '((a{999}){9})'}]}}",
            "is too large"
        },
        {
            "detector: {type: Pattern, pattern: {fields: [http.uri], patterns: [{name: a, regex: '('}]}}",
            "is no regular expression"
        },
        {
            "detector: {type: Pattern, pattern: {fields: [http.uri], minScore: 3, patterns: [{name: a, literal: b}]}}",
            "is more than all scores together"
        },
        {
            "detector: {type: Pattern, pattern: {fields: [http.uri], decode: [Url], patterns: [{name: "
                + "a, literal: b}]}}",
            "there is no 'Url'; did you mean URL?"
        },
        { Http + "match: {protocols: [HTTP]}", "there is no 'HTTP'; did you mean HTTP1?" },
        { Http + "match: {protocols: [AMQP]}", "AMQP is not read yet" },
        { Http + "match: {from: {cidrs: [10.0.0.0/33]}}", "spec.match.from.cidrs" },
        {
            Http + "match: {to: {namespaceSelector: {matchLabels: {team: a}}}}",
            "records know namespaces by kubernetes.io/metadata.name only"
        },
        { Http + "exceptions: [{name: a, condition: http}]", "exceptions[0].reason: is missing" },
        { Http + "exceptions: [{name: a, condition: http, reason: b, expireTime: never}]", "is a time such as" },
        { Http + "output: '{{src.i}}'", "unknown field 'src.i'" },
        { Http + "output: '{{src.ip'", "never closed" },
        { Http + "attack: {techniques: [T12]}", "is written like T1046, not 'T12'" },
        { Http + "references: [example.com]", "begins with https://" },
        { Http + "mode: Shadow\nactions: [{name: a, type: Capture}]", "only Event and Metric run in mode Shadow" },
        { Http + "actions: [{name: a, type: Webhook}]", "webhook is there when, and only when, type is Webhook" },
        { Http + "tests: [{name: a, expect: Alert, records: []}]", "is a list of 1 to 16 records" },
        {
            Http + "tests: [{name: a, expect: Alert, records: [{http.statu: 1}]}]",
            "unknown field; did you mean http.status?"
        },
        { Http + "tests: [{name: a, expect: Alert, records: [{http.status: many}]}]", "http.status is a number" },
        {
            "condition: kind == http\ndetector: {type: Match}\ntests: [{name: a, expect: Alert, "
                + "records: [{kind: dns}]}]",
            "test 'a' fails: no alert; the rule never looks at this kind of record"
        },
        {
            "condition: http.status == 500\ndetector: {type: Match}\ntests: [{name: a, expect: Alert, "
                + "records: [{http.status: 200}]}]",
            "test 'a' fails: no alert; match and condition hold for none of 1 records"
        },
        {
            Http + "tests: [{name: a, expect: NoAlert, records: [{http.status: 200}]}]",
            "test 'a' fails: an alert was raised and none expected"
        },
        { "condition: [http]\ndetector: {type: Match}", "spec.condition: must be a text or a number" },
        { "condition: http\ndetector: Match", "spec.detector: must be a map of fields" },
        { Http + "condition: dns", "t.yaml:8: spec.condition: is there twice" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_place(string spec, string told)
    {
        Assert.Null(RuleBench.Load(RuleBench.Rule(spec), out var problems));
        Assert.Contains(problems, problem => !problem.IsWarning
            && problem.ToString().Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void All_mistakes_of_all_rules_are_told_at_once()
    {
        var yaml = RuleBench.Rule("condition: htp\nmode: No\ndetector: {type: Match}") + "---\n"
            + RuleBench.Rule("condition: http\ndetector: {type: Match}\npriorty: 3", name: "other") + "---\n"
            + RuleBench.Rule("condition: http\ndetector: {type: Match}", name: "fine");
        Assert.Null(RuleBench.Load(yaml, out var problems));
        // Of one rule too, and in the order of the lines, whoever found them.
        Assert.Equal(
            ["spec.condition", "spec.mode", "spec.priorty"], problems.Select(static problem => problem.Path));
        Assert.Equal(problems.Select(static problem => problem.Line).Order(), problems.Select(static one => one.Line));
        var twice = RuleBench.Rule("condition: htp\ndetector: {type: Match}\noutput: '{{x'");
        Assert.Null(RuleBench.Load(twice, out problems));
        Assert.Equal(2, problems.Count);
    }

    [Fact]
    public void A_name_is_there_once()
    {
        var rule = RuleBench.Rule("condition: http\ndetector: {type: Match}");
        Assert.Null(RuleBench.Load($"{rule}---\n{rule}", out var problems));
        Assert.Contains("r is there twice", Assert.Single(problems).ToString(), StringComparison.Ordinal);
        var other = RuleBench.Rule("condition: http\ndetector: {type: Match}", metadata: ", namespace: shop");
        Assert.NotNull(RuleBench.Load($"{rule}---\n{other}", out _));
    }

    [Fact]
    public void Documents_lists_and_lists_of_the_api_are_read()
    {
        var rule = RuleBench.Rule("condition: http\ndetector: {type: Match}");
        var inList = "- " + rule.TrimEnd().Replace("\n", "\n  ", StringComparison.Ordinal) + "\n";
        Assert.Equal(1, RuleBench.Load(inList, out _)?.Count);
        var list = "apiVersion: v1\nkind: List\nitems:\n" + inList;
        Assert.Equal(1, RuleBench.Load(list, out _)?.Count);
        var another = inList.Replace("name: r", "name: s", StringComparison.Ordinal);
        Assert.Equal(2, RuleBench.Load(inList + another, out _)?.Count);
        Assert.Equal(0, RuleBench.Load("# nothing\n---\n", out var problems)?.Count);
        Assert.Empty(problems);
    }

    [Fact]
    public void Actions_are_taken_and_those_that_are_not_carried_out_are_named()
    {
        const string Match = "condition: http\ndetector: {type: Match}\n";
        var yaml = RuleBench.Rule(Match + "actions: [{name: a, type: Event}, {name: b, type: Capture}]");
        Assert.NotNull(RuleBench.Load(yaml, out var problems));
        Assert.Empty(problems);
        yaml = RuleBench.Rule(Match + "actions: [{name: a, type: Webhook, webhook: {url: 'http://a'}}]");
        Assert.NotNull(RuleBench.Load(yaml, out problems));
        Assert.Equal((true, RuleFault.NotServed), (Assert.Single(problems).IsWarning, problems[0].Fault));
        yaml = RuleBench.Rule(Match + "actions: [{name: a, type: Capture, capture: {before: 11m}}]");
        Assert.Null(RuleBench.Load(yaml, out problems));
        Assert.Contains("spec.actions[0].capture.before: is at most 10m", Assert.Single(problems).ToString());
    }

    [Theory]
    [InlineData("a: &x [1]\nb: *x\n", "aliases")]
    [InlineData("a: [1\n", "")]
    [InlineData("? [a]\n: b\n", "a key is a text")]
    public void What_is_no_document_is_a_problem(string yaml, string told)
    {
        Assert.Null(RuleBench.Load(yaml, out var problems));
        Assert.Contains(told, problems[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_that_is_too_deep_is_a_problem()
    {
        Assert.Null(RuleBench.Load(new string('[', 5000), out var problems));
        Assert.Contains("levels deep", problems[0].ToString(), StringComparison.Ordinal);
    }
}
