using NetSniff.Detection.Rules;
using NetSniff.Worker.Detect.Yaml;

namespace NetSniff.Tests.Detection.Rules;

/// <summary>Rules as the resource's samples have them, with the names they have for fields.</summary>
public sealed class SampleRulesTests
{
    private const string Injection =
        """
        apiVersion: netsniff.io/v1alpha1
        kind: DetectionRule
        metadata: {name: sql-injection-http, namespace: netsniff-system}
        spec:
          scope: Cluster
          severity: High
          match: {protocols: [HTTP1, HTTP2], from: {location: Any}, to: {location: Any}}
          detector:
            type: Pattern
            pattern:
              fields: [http.request.target, http.request.body]
              decode: [URL, DoubleURL, SQLComment]
              minScore: 5
              patterns:
              - {name: union-select, regex: '(?i)\bunion\b\s+\bselect\b', score: 5}
          exceptions:
          - {name: scanner, condition: 'src.pod.labels["app"] == "zap"', reason: our own}
          dedupe: {groupBy: [src.ip, dst.workload.name], for: 5m, maxAlertsPerMinute: 30}
          output: "from {{src.ip}} ({{src.pod.name}}) to {{dst.workload.name}} {{http.request.target}}"
          tests:
          - name: union
            expect: Alert
            records: [{protocol: HTTP1, http.request.method: GET, http.request.target: "/p?id=1%20UNION%20SELECT%20a"}]
          - name: ours
            expect: NoAlert
            records:
            - {protocol: HTTP1, 'src.pod.labels["app"]': zap, http.request.target: "/p?id=1%20UNION%20SELECT%20a"}
        """;

    private const string PortScan =
        """
        apiVersion: netsniff.io/v1alpha1
        kind: DetectionRule
        metadata: {name: port-scan, namespace: netsniff-system}
        spec:
          scope: Cluster
          severity: Medium
          match: {protocols: [TCP], from: {location: Pod}}
          condition: tcp.flags.syn && !tcp.flags.ack
          detector:
            type: Distinct
            distinct: {field: dst.port, count: 50, window: 30s, groupBy: [src.pod.name, dst.ip]}
          tests:
          - name: syn-alone
            expect: Alert
            records: [{protocol: TCP, src.pod.name: a, dst.port: "{{n}}", tcp.flags.syn: "true", repeat: 60}]
          - name: connections
            expect: NoAlert
            records:
            - {protocol: TCP, src.pod.name: a, dst.port: "{{n}}", tcp.flags.syn: "true", tcp.flags.ack: "true",
               repeat: 60}
        """;

    [Fact]
    public void Names_of_the_resource_are_understood()
    {
        var (set, problems, verdicts) = Load(Injection + "\n---\n" + PortScan);
        Assert.NotNull(set);
        Assert.Equal([2, 2], verdicts.Select(static verdict => verdict.TestsPassed));
        var note = Assert.Single(problems);
        Assert.Equal((true, RuleFault.NotServed), (note.IsWarning, note.Fault));
        Assert.Contains("http.request.body is not looked at: bodies are not recorded", note.Text);
    }

    [Theory]
    [InlineData("fields: [http.request.target, http.request.body]", "fields: [http.request.body]", RuleFault.NotServed)]
    [InlineData("fields: [http.request.target,", "fields: [http.request.targt,", RuleFault.UnknownField)]
    [InlineData("(?i)\\bunion", "(?i)(\\bunion", RuleFault.Regex)]
    [InlineData("src.pod.labels[\"app\"] ==", "src.pod.labels[\"app\"] =", RuleFault.Filter)]
    [InlineData("src.pod.labels[\"app\"] ==", "src.pots.labels ==", RuleFault.UnknownField)]
    [InlineData("expect: NoAlert", "expect: Alert", RuleFault.Test)]
    [InlineData("type: Pattern", "type: Anomaly", RuleFault.NotServed)]
    [InlineData("severity: High", "severity: Highest", RuleFault.Form)]
    public void What_is_wrong_is_of_a_sort(string from, string to, RuleFault fault)
    {
        var (set, problems, _) = Load(Injection.Replace(from, to, StringComparison.Ordinal));
        Assert.Null(set);
        Assert.Equal(fault, problems.First(static problem => !problem.IsWarning).Fault);
    }

    [Fact]
    public void Samples_of_the_design_are_accepted_or_say_why_not()
    {
        var samples = Path.Combine(Repository.Root, "..", "shared", "design", "crds", "examples.yaml");
        if (!File.Exists(samples)) Assert.Skip("the design's samples are not here");

        Dictionary<string, string> said = [];
        foreach (var text in File.ReadAllText(samples).Split("\n---\n").Where(IsRule))
        {
            var (_, problems, verdicts) = Load(text);
            var wrong = problems.FirstOrDefault(static problem => !problem.IsWarning);
            var name = verdicts.Count > 0 ? verdicts[0].Spec.Name : wrong!.Rule;
            said[name] = wrong is null ? "accepted" : wrong.Fault.ToString();
        }

        Assert.Equal("accepted", said["port-scan"]);
        Assert.Equal("NotServed", said["checkout-latency-drift"]);
        // Its second test contradicts its first pattern: `union.{0,40}select` is in `union or select`.
        Assert.Equal("Test", said["sql-injection-http"]);
    }

    [Fact]
    public void Our_own_samples_are_accepted_with_their_tests()
    {
        var text = Sources.Read("crds/examples/rules.yaml");
        var (set, problems, verdicts) = Load(text);
        Assert.True(set is not null, string.Join("; ", problems));
        var corrected = verdicts.Single(static one => one.Spec.Name == "sql-injection-http");
        Assert.Equal(3, corrected.TestsPassed);
        // With the design's pattern in it, its second test fails here too: it is the sample and not who runs it.
        var original = text.Replace(
            "\\bunion\\b(\\s|\\(|all\\b|distinct\\b){0,8}\\bselect\\b", "\\bunion\\b.{0,40}\\bselect\\b",
            StringComparison.Ordinal);
        Assert.NotEqual(text, original);
        (set, problems, _) = Load(original);
        Assert.Null(set);
        var problem = problems.First(static one => !one.IsWarning);
        Assert.Equal(RuleFault.Test, problem.Fault);
        Assert.Contains("plain-search", problem.ToString());
    }

    private static bool IsRule(string text) => text.Contains("\nkind: DetectionRule", StringComparison.Ordinal);

    private static (RuleSet? Set, List<RuleProblem> Problems, IReadOnlyList<RuleVerdict> Verdicts) Load(string text)
    {
        _ = global::NetSniff.Protocols.Protocols.Records;
        List<RuleProblem> problems = [];
        List<RuleSpec> specs = [];
        foreach (var document in RuleYaml.Read(text, "samples.yaml", problems))
        {
            specs.AddRange(RuleReader.Read(document, "samples.yaml", problems));
        }

        var set = new RuleLoader().Load(specs, problems, out var verdicts);
        return (set, problems, verdicts);
    }
}
