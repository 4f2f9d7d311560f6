using NetSniff.Detection.Rules;
using NetSniff.Records;

namespace NetSniff.Tests.Detection.Rules;

public class RuleSetTests
{
    [Fact]
    public void A_match_is_a_finding_that_says_what_and_about_whom()
    {
        var bench = new RuleBench(RuleBench.Rule(
            """
            condition: http.status >= 500
            detector: {type: Match}
            output: "{{src.ip}} got {{http.status}} of {{http.uri}}"
            attack: {tactics: [TA0001], techniques: [T1190]}
            """));
        Assert.Empty(bench.Show("[{http.status: 200}, {dns.qname: a}]"));
        var line = Assert.Single(bench.Show("[{http.status: 503, http.uri: /a, src.ip: 10.0.0.7}]"));
        Assert.Contains("finding.rule=r finding.severity=4 finding.severity_name=high finding.mode=alert", line,
            StringComparison.Ordinal);
        Assert.Contains("finding.title=10.0.0.7 got 503 of /a", line, StringComparison.Ordinal);
        Assert.Contains("finding.group=[src.ip=10.0.0.7, dst.ip=192.0.2.2]", line, StringComparison.Ordinal);
        Assert.Contains("finding.tactics=[TA0001] finding.techniques=[T1190]", line, StringComparison.Ordinal);
        Assert.Contains("finding.kind=http", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_threshold_counts_groups_apart_within_its_window()
    {
        var bench = new RuleBench(RuleBench.Rule(
            "condition: http\ndetector: {type: Threshold, threshold: {count: 5, window: 10s, groupBy: [src.ip]}}"));
        Assert.Empty(bench.Show("[{http.status: 1, repeat: 4, every: 1s}]"));
        Assert.Empty(bench.Show("[{http.status: 1, src.ip: 10.0.0.9, repeat: 4, every: 1s}]"));
        var line = Assert.Single(bench.Show("[{http.status: 1, at: 5s, repeat: 3, every: 1s}]"));
        Assert.Contains("finding.count=5 finding.limit=5", line, StringComparison.Ordinal);
        Assert.Equal((1L, 2L, 3L), (bench.Only.Counters.Raised, bench.Only.Counters.Held, bench.Only.Counters.Fired));
        // The window has moved on, and the hold is over.
        Assert.Empty(bench.Show("[{http.status: 1, at: 60s, repeat: 4}]"));
        Assert.Contains("finding.repeats=2", Assert.Single(bench.Show("[{http.status: 1, at: 61s}]")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_threshold_may_be_a_sum()
    {
        var bench = new RuleBench(RuleBench.Rule(
            """
            condition: flow
            detector:
              type: Threshold
              threshold: {count: 1000, window: 1m, sumOf: flow.bytes.toserver, groupBy: [src.ip]}
            """));
        Assert.Empty(bench.Show("[{flow.bytes.toserver: 600}, {flow.bytes.toclient: 5000}]"));
        Assert.Contains("finding.count=1200", Assert.Single(bench.Show("[{flow.bytes.toserver: 600, at: 1s}]")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Distinct_values_are_counted_once()
    {
        var bench = new RuleBench(RuleBench.Rule(
            """
            condition: flow
            detector: {type: Distinct, distinct: {field: dst.port, count: 10, window: 1m, groupBy: [src.ip]}}
            """));
        Assert.Empty(bench.Show("[{flow.end: 1, dst.port: 80, repeat: 100}]"));
        var line = Assert.Single(bench.Show("[{flow.end: 1, dst.port: '{{n}}', at: 1s, repeat: 9}]"));
        Assert.Contains("finding.count=10", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Patterns_add_up_over_fields_and_decoders()
    {
        var bench = new RuleBench(RuleBench.Rule(
            """
            detector:
              type: Pattern
              pattern:
                fields: [http.uri, http.request.headers]
                decode: [URL]
                minScore: 5
                patterns:
                - {name: one, literal: "<script", score: 3}
                - {name: two, regex: "(?i)on(load|error)\\s*=", score: 3}
            """));
        Assert.Empty(bench.Show("[{http.uri: '/?a=%3Cscript%3E'}, {http.uri: '/<SCRIPT onload=1'}]"));
        var line = Assert.Single(bench.Show(
            "[{http.uri: '/?%3Cscript%3E', http.request.headers: ['a: b', 'x: OnLoad =1']}]"));
        Assert.Contains("finding.score=6", line, StringComparison.Ordinal);
        Assert.Contains("finding.patterns=[one, two] finding.field=http.uri finding.evidence=/?<script>", line,
            StringComparison.Ordinal);
        // What was met before does not add to what comes after.
        Assert.Empty(bench.Show("[{http.uri: '/?%3Cscript%3E'}]"));
    }

    [Fact]
    public void What_lies_behind_the_longest_text_looked_at_is_counted()
    {
        var bench = new RuleBench(RuleBench.Rule(
            "detector: {type: Pattern, pattern: {fields: [http.uri], patterns: [{name: a, literal: evil}]}}"));
        Assert.Empty(bench.Show($"[{{http.uri: '{new string('x', 9000)}evil'}}]"));
        Assert.Equal(1, bench.Only.Counters.TextsCut);
    }

    [Fact]
    public void Exceptions_hide_until_they_expire_and_count_what_they_hid()
    {
        var bench = new RuleBench(RuleBench.Rule(
            """
            condition: http
            detector: {type: Match}
            exceptions:
            - {name: scanner, condition: src.label.app == zap, reason: ours, expireTime: "2026-01-01T00:00:10Z"}
            """));
        Assert.Empty(bench.Show("[{http.status: 1, src.label.app: zap, repeat: 3}]"));
        Assert.Single(bench.Show("[{http.status: 1, src.label.app: other}]"));
        Assert.Equal((3L, false), (bench.Only.Exceptions[0].Hidden, bench.Only.Exceptions[0].IsExpired));
        Assert.Single(bench.Show("[{http.status: 1, src.label.app: zap, at: 10s}]"));
        Assert.True(bench.Only.Exceptions[0].IsExpired);
    }

    [Fact]
    public void What_an_exception_hides_does_not_fill_a_window()
    {
        var bench = new RuleBench(RuleBench.Rule(
            """
            condition: http
            detector: {type: Threshold, threshold: {count: 5, window: 1m}}
            exceptions: [{name: a, condition: http.status == 418, reason: tea}]
            """));
        Assert.Empty(bench.Show("[{http.status: 418, repeat: 100}, {http.status: 200, repeat: 4}]"));
        Assert.Single(bench.Show("[{http.status: 200}]"));
        Assert.Equal(100, bench.Only.Exceptions[0].Hidden);
    }

    [Fact]
    public void Findings_are_held_by_group_and_by_rate()
    {
        var bench = new RuleBench(RuleBench.Rule(
            """
            condition: http
            detector: {type: Match}
            dedupe: {groupBy: [src.ip], for: 5m, maxAlertsPerMinute: 3}
            """));
        Assert.Equal(3, bench.Show("[{http.status: 1, src.ip: '10.0.0.{{n}}', repeat: 5}]").Count);
        Assert.Equal(2, bench.Only.Counters.OverRate);
        Assert.Empty(bench.Show("[{http.status: 1, src.ip: 10.0.0.1, at: 1m}]"));
        // Those over the rate are told in the next minute.
        Assert.Equal(2, bench.Show("[{http.status: 1, src.ip: '10.0.0.{{n}}', at: 1m, repeat: 5}]").Count);
    }

    [Fact]
    public void A_shadow_finds_and_says_so_and_a_disabled_rule_does_not_run()
    {
        var yaml = RuleBench.Rule("condition: http\ndetector: {type: Match}\nmode: Shadow", "a") + "---\n"
            + RuleBench.Rule("condition: http\ndetector: {type: Match}\nmode: Disabled", "b");
        var bench = new RuleBench(yaml);
        var line = Assert.Single(bench.Show("[{http.status: 1}]"));
        Assert.Contains("finding.mode=shadow", line, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, bool> Matches => new()
    {
        { "{protocols: [HTTP1]}", "{http.version: '1.1'}", true },
        { "{protocols: [HTTP1]}", "{http.version: '2'}", false },
        { "{protocols: [HTTP2]}", "{protocol: HTTP2, http.status: 1}", true },
        { "{protocols: [GRPC]}", "{grpc.service: a}", true },
        { "{protocols: [GRPC]}", "{http.status: 1}", false },
        { "{protocols: [DNS, TLS]}", "{dns.qname: a}", true },
        { "{protocols: [UDP]}", "{dns.qname: a}", true },
        { "{protocols: [UDP]}", "{http.status: 1}", false },
        { "{protocols: [ICMP]}", "{kind: flow, proto: icmp6}", true },
        { "{ports: [80, 443]}", "{http.status: 1, dst.port: 443}", true },
        { "{ports: [80, 443]}", "{http.status: 1, src.port: 443, dst.port: 1}", false },
        { "{from: {location: External}}", "{http.status: 1, src.peer: external}", true },
        { "{from: {location: External}}", "{http.status: 1}", false },
        { "{from: {cidrs: [10.0.0.0/8, 'fd00::/8']}}", "{http.status: 1, src.ip: 'fd00::1'}", true },
        { "{from: {cidrs: [10.0.0.0/8]}}", "{http.status: 1, src.ip: 11.0.0.1}", false },
        {
            "{to: {podSelector: {matchLabels: {app: cart}}}}",
            "{http.status: 1, dst.pod: a, dst.label.app: cart}", true
        },
        {
            "{to: {podSelector: {matchLabels: {app: cart}}}}",
            "{http.status: 1, src.pod: a, src.label.app: cart}", false
        },
        {
            "{to: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [cart]}]}}}",
            "{http.status: 1, dst.pod: a}", true
        },
        {
            "{to: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [cart]}]}}}",
            "{http.status: 1}", false
        },
        {
            "{to: {podSelector: {matchExpressions: [{key: app.kubernetes.io/name, operator: Exists}]}}}",
            "{http.status: 1, dst.pod: a, dst.label.app.kubernetes.io/name: b}", true
        },
        {
            "{to: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}}",
            "{http.status: 1, dst.namespace: shop}", true
        },
        {
            "{to: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}}",
            "{http.status: 1, dst.namespace: it's}", false
        },
    };

    [Theory]
    [MemberData(nameof(Matches))]
    public void A_rule_looks_at_what_its_match_says(string match, string record, bool isFound)
    {
        var bench = new RuleBench(RuleBench.Rule($"match: {match}\ncondition: 'true'\ndetector: {{type: Match}}"));
        Assert.Equal(isFound ? 1 : 0, bench.Show($"[{record}]").Count);
    }

    [Fact]
    public void A_rule_of_a_namespace_sees_its_ends()
    {
        const string spec = "condition: http\ndetector: {type: Match}";
        var bench = new RuleBench(RuleBench.Rule(spec, metadata: ", namespace: shop"));
        Assert.Empty(bench.Show("[{http.status: 1}, {http.status: 1, src.namespace: other}]"));
        Assert.Contains("finding.rule=shop/r", Assert.Single(bench.Show("[{http.status: 1, dst.namespace: shop}]")),
            StringComparison.Ordinal);
        bench = new RuleBench(RuleBench.Rule(spec + "\nscope: Cluster", metadata: ", namespace: shop"));
        Assert.Single(bench.Show("[{http.status: 1}]"));
    }

    [Fact]
    public void A_record_meets_only_the_rules_that_its_kind_could_match()
    {
        const string either = "condition: http.status > 1 or dns.qname == a\ndetector: {type: Match}";
        var yaml = RuleBench.Rule(either, "both") + "---\n"
            + RuleBench.Rule("condition: kind == dns and dst.port == 53\ndetector: {type: Match}", "dns") + "---\n"
            + RuleBench.Rule("condition: not http.status == 1\ndetector: {type: Match}", "any");
        var bench = new RuleBench(yaml);
        bench.Show("[{http.status: 1}, {dns.qname: b}, {tls.sni: c}]");
        Assert.Equal(
            ["any 3", "both 2", "dns 1"],
            bench.Set.States().Select(state => $"{state.Spec.Name} {state.Counters.Evaluated}").Order());
    }

    [Fact]
    public void However_many_rules_there_are_each_finds_what_it_would_find_alone()
    {
        string[] conditions =
        [
            "http.status == {0}", "http.host == h{0}", "dst.ip == 10.0.0.{0} and proto == tcp", "src.pod == p{0}",
            "dst.port in ({0}, 9{0})", "not http.status == {0}", "http.status == {0} or http.host == h{0}",
            "src.ip in 10.0.{0}.0/24",
            "http.host ~ H{0}", "http and port == {0}",
        ];
        var rules = Enumerable.Range(0, 80).Select(number => RuleBench.Rule(
            $"condition: {string.Format(null, conditions[number % 10], number / 10)}\ndetector: {{type: Match}}",
            $"r{number}")).ToArray();
        var random = new Random(5);
        var records = RuleBench.Records("[" + string.Join(", ", Enumerable.Range(0, 60).Select(_ =>
            $"{{http.status: {random.Next(9)}, http.host: h{random.Next(9)}, dst.ip: 10.0.0.{random.Next(9)}, "
            + $"dst.port: {random.Next(9)}, src.pod: p{random.Next(9)}, src.ip: 10.0.{random.Next(9)}.7}}")) + "]");
        var all = new RuleBench(string.Join("---\n", rules));
        var together = records.SelectMany(all.Show).Select(Name).Order(StringComparer.Ordinal);
        var apart = rules.Select(rule => new RuleBench(rule))
            .SelectMany(bench => records.SelectMany(bench.Show).Select(Name)).Order(StringComparer.Ordinal);
        Assert.Equal(apart, together);
        // And most were not even shown most of it.
        Assert.True(all.Set.States().Sum(state => state.Counters.Evaluated) < records.Count * rules.Length * 6 / 10);

        static string Name(string line) => line.Split("finding.rule=")[1].Split(' ')[0];
    }

    [Fact]
    public void Rules_are_asked_in_the_order_of_their_priority()
    {
        var yaml = RuleBench.Rule("condition: http\ndetector: {type: Match}", "b") + "---\n"
            + RuleBench.Rule("condition: http\ndetector: {type: Match}", "a") + "---\n"
            + RuleBench.Rule("condition: http\ndetector: {type: Match}\npriority: 1", "z");
        Assert.Equal(["z", "a", "b"], new RuleBench(yaml).Set.States().Select(state => state.Spec.Name));
    }

    [Fact]
    public void A_rule_that_says_the_same_keeps_what_it_remembers_when_others_change()
    {
        var loader = new RuleLoader();
        var counting = RuleBench.Rule(
            "condition: http\ndetector: {type: Threshold, threshold: {count: 5, window: 1m}}", "counting");
        var pattern = RuleBench.Rule(Looking("evil"), "pattern");
        var bench = new RuleBench($"{counting}---\n{pattern}", loader);
        bench.Show("[{http.status: 1, repeat: 4}]");
        bench.Replace(
            $"# moved\n\n{pattern}---\n{counting}---\n"
            + RuleBench.Rule(Looking("bad"), "new"),
            loader);
        Assert.Contains("counting", Assert.Single(bench.Show("[{http.status: 1}]")), StringComparison.Ordinal);
        // Rules of two generations look at the same texts, each by its own gate.
        Assert.StartsWith("finding finding.rule=pattern", Assert.Single(bench.Show("[{http.uri: /evil, at: 1s}]")));
        Assert.StartsWith("finding finding.rule=new", Assert.Single(bench.Show("[{http.uri: /bad, at: 1s}]")));
        Assert.Empty(bench.Show("[{http.uri: /good, at: 1s}]"));

        bench.Replace(counting.Replace("count: 5", "count: 6", StringComparison.Ordinal), loader);
        Assert.Empty(bench.Show("[{http.status: 1, repeat: 5}]"));
    }

    [Fact]
    public void A_finding_is_called_the_same_when_its_record_comes_again()
    {
        const string records = "[{http.status: 1, repeat: 3}, {http.status: 2, src.ip: 10.0.0.1}]";
        var rule = RuleBench.Rule("condition: http\ndetector: {type: Match}");
        var first = Ids(new RuleBench(rule).Show(records));
        Assert.Equal(first, Ids(new RuleBench(rule).Show(records)));
        Assert.Equal(4, first.Distinct().Count());

        static List<string> Ids(List<string> lines) =>
            [.. lines.Select(line => line.Split("finding.id=")[1].Split(' ')[0])];
    }

    [Fact]
    public void A_limit_that_is_reached_is_told()
    {
        var bench = new RuleBench(
            RuleBench.Rule(Counting("threshold: {count: 5, window: 1m, groupBy: [http.uri]}")),
            new RuleLoader(budget: new NetSniff.Detection.StateBudget(bytesMax: 100_000)));
        bench.Show("[{http.uri: '/{{n}}', repeat: 5000}]");
        Assert.True(bench.Only.IsAtLimit);
        Assert.True(bench.Only.GroupsEvicted > 4000);
        Assert.Contains(bench.Set.Ledger(), line => line is
        {
            Reason: "groups forgotten for others", IsLoss: true, Count: > 4000,
        });
    }

    [Fact]
    public void A_record_that_matches_nothing_costs_no_memory()
    {
        var bench = new RuleBench(string.Join("---\n",
            RuleBench.Rule("condition: http.status >= 500\ndetector: {type: Match}", "a"),
            RuleBench.Rule(Counting("threshold: {count: 1000000, window: 1m, groupBy: [src.ip, dst.pod]}"), "b"),
            RuleBench.Rule(Counting("distinct: {field: http.uri, count: 100, window: 1m, groupBy: [src.ip]}"), "c"),
            RuleBench.Rule(
                """
                detector:
                  type: Pattern
                  pattern:
                    fields: [http.uri, http.request.headers]
                    decode: [URL, DoubleURL, HTML, Base64, Unicode, SQLComment]
                    patterns:
                    - {name: a, literal: evil}
                    - {name: b, regex: "(?i)union.{1,20}select"}
                    - {name: c, regex: "x[0-9]+y"}
                """, "d")));
        var records = RuleBench.Records(
            "[{http.status: 200, http.uri: '/a%20b/{{n}}?union=&#39;', http.request.headers: ['a: b'], repeat: 20}]");
        var run = new NetSniff.Detection.DetectionRun(bench.Set);
        void Show()
        {
            foreach (var record in records) run.Run(new RecordView(record), 0);
        }

        Show();
        Assert.Equal(0, Allocations.Least(Show));
        Assert.Equal(0, run.FindingsCount);
    }

    private static string Looking(string literal) =>
        $"detector: {{type: Pattern, pattern: {{fields: [http.uri], patterns: [{{name: a, literal: {literal}}}]}}}}";

    /// <param name="member">`threshold: {…}` or `distinct: {…}`.</param>
    private static string Counting(string member) => "condition: http\ndetector: {type: "
        + (member[0] == 't' ? "Threshold" : "Distinct") + $", {member}}}";

    [Fact]
    public void With_a_clock_lent_the_cost_of_a_rule_is_known()
    {
        var now = 0L;
        var bench = new RuleBench(
            RuleBench.Rule("condition: http\ndetector: {type: Match}"), new RuleLoader { Clock = () => now += 70 });
        bench.Show($"[{{http.status: 1, repeat: {2 * RuleSet.TimedEvery}}}]");
        Assert.Equal((2L, 70.0), (bench.Only.Counters.TimedCount, bench.Only.MeanNanos));
    }
}
