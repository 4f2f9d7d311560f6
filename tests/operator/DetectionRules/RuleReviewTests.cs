using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Control;
using NetSniff.Operator.DetectionRules;
using NetSniff.Operator.Reconciling;
using NetSniff.Detection.Rules;
using NetSniff.Worker.Detect.Yaml;
using RuleState = NetSniff.Operator.Control.RuleState;

namespace NetSniff.Tests.Operator.DetectionRules;

/// <summary>What the operator finds of a rule, and what workers get of it.</summary>
public sealed class RuleReviewTests
{
    private const string Home = "netsniff-system";

    private const string Good =
        """
        {"severity": "High", "condition": "http.response.status >= 500 and src.pod.labels[\"app\"] != \"ü\"",
         "detector": {"type": "Threshold", "threshold": {"count": 5, "window": "1m", "groupBy": ["dst.workload.name"]}},
         "tests": [{"name": "five", "expect": "Alert", "records": [
            {"protocol": "HTTP1", "http.status": 500, "src.pod.labels[\"app\"]": "web", "repeat": 5}]}]}
        """;

    [Theory]
    [InlineData("", "", "Compiled", "1/1 tests passed")]
    [InlineData("\"count\": 5", "\"count\": 6", "TestFailed", "test 'five' fails: no alert")]
    [InlineData("http.response.status", "http.statu", "UnknownField", "unknown field 'http.statu' at column 1; did")]
    [InlineData("500 and", "500 ant", "InvalidFilter", "at column 29")]
    [InlineData("500 and", "500 and http.uri matches /(/ and", "InvalidRegex", "at column 50")]
    [InlineData("500 and", "500 and http.request.body contains 'a' and", "NotServed", "bodies are not recorded")]
    [InlineData("\"severity\"", "\"scope\": \"Cluster\", \"severity\"", "ScopeNotPermitted", "only in the namespace")]
    [InlineData("\"High\"", "\"Highest\"", "Invalid", "spec.severity")]
    [InlineData("\"severity\"", "\"severty\": 1, \"severity\"", "UnknownField", "spec.severty")]
    public void A_reason_and_words_say_what_is_wrong(string from, string to, string reason, string words)
    {
        var text = from.Length == 0 ? Good : Good.Replace(from, to, StringComparison.Ordinal);
        var findings = RuleReview.Of(Rule(text), Home);
        Assert.True(reason == findings.Reason, $"{findings.Reason}: {findings.Message}");
        Assert.Contains(words, findings.Message);
        Assert.Equal(reason == "Compiled", findings.Spec is not null);
    }

    [Theory]
    [InlineData("Sequence", """{"window": "1m", "steps": [{"condition": "dns"}, {"condition": "http"}]}""")]
    [InlineData("Anomaly", """{"metric": "METRIC"}""")]
    [InlineData("Builtin", """{"name": "BUILTIN"}""")]
    public void A_detector_of_a_later_version_is_named_with_those_that_there_are(string type, string detector)
    {
        var known = detector.Replace("METRIC", $"{Enum.GetValues<AnomalyMetric>()[0]}", StringComparison.Ordinal)
            .Replace("BUILTIN", $"{Enum.GetValues<BuiltinDetector>()[0]}", StringComparison.Ordinal);
        var findings = RuleReview.Of(Rule($$"""
            {"severity": "Low", "condition": "dns",
             "detector": {"type": "{{type}}", "{{type.ToLowerInvariant()}}": {{known}} } }
            """), Home);
        Assert.Equal("NotServed", findings.Reason);
        Assert.Contains($"spec.detector.type: {type} is not in this version; there are Match, ", findings.Message);
        Assert.Null(findings.Spec);
    }

    [Fact]
    public void Workers_read_what_they_are_given_as_the_same_rule()
    {
        var findings = RuleReview.Of(Rule(Good), Home);
        List<RuleProblem> problems = [];
        var document = Assert.Single(RuleYaml.Read(findings.Text, "shop.errors.yaml", problems));
        var spec = Assert.Single(RuleReader.Read(document, "shop.errors.yaml", problems));
        Assert.NotNull(new RuleLoader().Load([spec], problems, out var verdicts));
        Assert.Empty(problems);
        Assert.Equal(("shop/errors", 1), (spec.FullName, verdicts[0].TestsPassed));
        Assert.Equal(findings.Spec!.Condition!.Value, spec.Condition!.Value);

        // It comes back as what it was for whoever leads next.
        var (name, uid, generation, content) = RuleFile.Read(findings.Text)!.Value;
        Assert.Equal((new ResourceName("shop", "errors"), "u-1", 3), (name, uid, generation));
        Assert.Equal(findings.Text, RuleReview.Of(content, Home).Text);
        Assert.Null(RuleFile.Read("apiVersion: v1"));
        Assert.Null(RuleFile.Read("{}"));
    }

    [Fact]
    public void An_objects_own_namespace_is_what_its_scope_is_about()
    {
        var one = Rule(Good, """, "annotations": {"namespace": "bank"}""");
        Assert.Contains("\"namespace\":\"shop\"", RuleReview.Of(one, Home).Text);
        Assert.DoesNotContain("bank", RuleReview.Of(one, Home).Text);
    }

    [Fact]
    public void Names_of_files_are_never_the_same_for_two_rules()
    {
        Assert.Equal("a.b.yaml", RuleFile.NameOf(new ResourceName("a", "b")));
        Assert.NotEqual(
            RuleFile.NameOf(new ResourceName("a", "b.c")), RuleFile.NameOf(new ResourceName("a-b", "c")));
        var (one, other) = (new string('x', 250), new string('x', 249) + "y");
        Assert.NotEqual(
            RuleFile.NameOf(new ResourceName("a", one)), RuleFile.NameOf(new ResourceName("a", other)));
        Assert.True(RuleFile.NameOf(new ResourceName(new string('n', 63), one)).Length < 200);
    }

    [Fact]
    public void Counts_go_on_over_restarts_of_workers_and_of_the_operator()
    {
        var tally = new RuleTally();
        tally.Begin(alerts: 7, shadowed: 0, suppressed: 1, lastAlert: null);
        // What runs already is in what was written.
        tally.Take([("w-0", State(5)), ("w-1", State(1))], default);
        Assert.Equal(7, tally.Alerts);
        tally.Take([("w-0", State(8)), ("w-1", State(1))], default);
        Assert.Equal(10, tally.Alerts);
        // One began anew, one is new.
        tally.Take([("w-0", State(2)), ("w-1", State(1)), ("w-2", State(4))], default);
        Assert.Equal(16, tally.Alerts);
        tally.Take([], default);
        Assert.Equal(16, tally.Alerts);
    }

    [Fact]
    public void The_status_tells_what_runs_where()
    {
        var sight = new RuleSight
        {
            Generation = 3, Findings = RuleReview.Of(Rule(Good), Home), InForce = 3, Tally = new RuleTally(),
            Workers = 2,
        };
        Assert.Equal("NotSelected", RuleStatus.Programmed(sight).Reason);
        sight = sight with { Bindings = [new ResourceName("shop", "web")] };
        Assert.Equal("RollingOut", RuleStatus.Programmed(sight with { Programmed = 1 }).Reason);
        Assert.Equal("RevisionApplied", RuleStatus.Programmed(sight with { Programmed = 2 }).Reason);
        var disabled = sight with { Mode = NetSniff.Kube.Resources.RuleMode.Disabled };
        Assert.Equal("Disabled", RuleStatus.Programmed(disabled).Reason);
        Assert.Equal("Refused", RuleStatus.Programmed(sight with { Refused = "w-0: no" }).Reason);
        Assert.Equal("NotAccepted", RuleStatus.Programmed(sight with { InForce = 2 }).Reason);
        var status = RuleStatus.Of(sight with { Programmed = 2 }, null, DateTimeOffset.UnixEpoch);
        Assert.Equal("web 2/2", $"{status["bindings"]![0]!["name"]} {status["bindings"]![0]!["programmedWorkers"]}/"
            + $"{status["bindings"]![0]!["desiredWorkers"]}");
        Assert.Equal(1, status["tests"]!["passed"]!.GetValue<int>());
    }

    [Fact]
    public void A_cost_that_is_about_the_same_is_not_written_again()
    {
        var sight = new RuleSight
        {
            Generation = 3, Findings = RuleReview.Of(Rule(Good), Home), Tally = Tally(200, 1400),
        };
        var first = RuleStatus.Of(sight, null, DateTimeOffset.UnixEpoch);
        Assert.Equal("1.4us 200", Cost(first));
        Assert.Equal("1.4us 200", Cost(RuleStatus.Of(sight with { Tally = Tally(390, 2700) }, first, default)));
        Assert.Equal("1.4us 200", Cost(RuleStatus.Of(sight with { Tally = Tally(110, 900) }, first, default)));
        Assert.Equal("1.4us 410", Cost(RuleStatus.Of(sight with { Tally = Tally(410, 1400) }, first, default)));
        Assert.Equal("1.4us 90", Cost(RuleStatus.Of(sight with { Tally = Tally(90, 1400) }, first, default)));
        Assert.Equal("9.0us 200", Cost(RuleStatus.Of(sight with { Tally = Tally(200, 9000) }, first, default)));
        // What is little is nothing, however it jumps; and who is not there says nothing.
        var little = RuleStatus.Of(sight with { Tally = Tally(0, 300) }, null, default);
        Assert.Equal("300ns 0", Cost(little));
        Assert.Equal("300ns 0", Cost(RuleStatus.Of(sight with { Tally = Tally(99, 1900) }, little, default)));
        Assert.Equal("300ns 0", Cost(RuleStatus.Of(sight with { Tally = new RuleTally() }, little, default)));

        static string Cost(JsonObject status) =>
            $"{status["cost"]!["meanEvaluationTime"]} {status["cost"]!["evaluationsPerSecond"]}";
    }

    [Fact]
    public void A_cost_is_told_once_enough_was_timed_for_long_enough()
    {
        Assert.Null(Tally(200, 1400, seconds: 25).PerSecond);
        Assert.Equal(200, Tally(200, 1400, seconds: 600).PerSecond);
        Assert.Null(Tally(200, 1400, before: 0, seconds: 4).Mean);
        var sight = new RuleSight
        {
            Generation = 3, Findings = RuleReview.Of(Rule(Good), Home), Tally = Tally(10, 1400, before: 0),
        };
        Assert.Null(RuleStatus.Of(sight, null, default)["cost"]);
    }

    /// <summary>In a burst every half minute the rate is that of the minute; what was counted before is of before.
    /// </summary>
    [Fact]
    public void A_rate_is_of_a_minute()
    {
        var (tally, evaluated) = (new RuleTally(), 1_000_000L);
        List<double> rates = [];
        for (var second = 0; second < 300; second += 2)
        {
            if (second % 30 == 0) evaluated += 6000;
            tally.Take(
                [("w-0", State(0) with { Evaluations = evaluated })], DateTimeOffset.UnixEpoch.AddSeconds(second));
            if (tally.PerSecond is { } rate && second > 100) rates.Add(rate);
        }

        Assert.NotEmpty(rates);
        Assert.All(rates, rate => Assert.InRange(rate, 130, 300));
    }

    private static RuleTally Tally(double rate, long nanos, long before = 10_000, int seconds = 60)
    {
        var tally = new RuleTally();
        for (var second = 0; second <= seconds; second++)
        {
            tally.Take(
                [("w-0", State(0) with
                {
                    MeanEvaluation = TimeSpan.FromTicks(nanos / TimeSpan.NanosecondsPerTick),
                    Evaluations = before + (long)(rate * second),
                })],
                DateTimeOffset.UnixEpoch.AddSeconds(second));
        }

        return tally;
    }

    private static RuleState State(long findings) => new("shop/errors", findings, 0, 0, null, TimeSpan.Zero, 0);

    private static OwnObject Rule(string spec, string metadata = "") => new(JsonNode.Parse($$"""
        {"apiVersion": "netsniff.io/v1alpha1", "kind": "DetectionRule",
         "metadata": {"name": "errors", "namespace": "shop", "uid": "u-1", "generation": 3{{metadata}}},
         "spec": {{spec}}}
        """)!.AsObject());
}
