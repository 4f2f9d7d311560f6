using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetSniff.Tests.Kube.Resources;

namespace NetSniff.Tests.Charts;

/// <summary>Alerts and the dashboard speak of metrics that there are, and fire for what they are for.</summary>
public partial class MonitoringTests
{
    private static readonly string s_alerts = Path.Combine(Helm.Chart, "files", "alerts.yaml");

    [Fact]
    public void Promtool_takes_the_alerts_and_each_fires_for_what_it_is_for()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "no promtool here (Debian: prometheus)");
        var tests = Path.Combine(Repository.Root, "tests", "charts", "alerts.test.yaml");
        var (code, output, error) = Helm.Run("/usr/bin/promtool", ["test", "rules", tests]);
        Assert.True(code == 0, output + error);
        foreach (Match alert in Alert().Matches(File.ReadAllText(s_alerts)))
        {
            Assert.Contains($"alertname: {alert.Groups[1].Value}\n", File.ReadAllText(tests));
        }
    }

    [Fact]
    public void Promtool_takes_what_the_dashboard_asks()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "no promtool here (Debian: prometheus)");
        using var folder = new TemporaryFolder();
        var rules = new JsonArray([.. Questions().Select((question, index) => new JsonObject
        {
            ["record"] = $"panel:{index}",
            ["expr"] = Variable().Replace(question.Replace("$__rate_interval", "5m"), ".*"),
        })]);
        var groups = new JsonArray(new JsonObject { ["name"] = "dashboard", ["rules"] = rules });
        File.WriteAllText(folder["rules.json"], new JsonObject { ["groups"] = groups }.ToJsonString());
        var (code, output, error) = Helm.Run("/usr/bin/promtool", ["check", "rules", folder["rules.json"]]);
        Assert.True(code == 0, output + error);
    }

    [Fact]
    public void All_metrics_are_documented_ones_with_their_labels()
    {
        var documented = Documented().Matches(Sources.Read("docs/operating.md"))
            .ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value);
        var alerts = ExampleFiles.Parse(File.ReadAllText(s_alerts)).Single()["groups"]!.AsArray()
            .SelectMany(group => group!["rules"]!.AsArray().Select(rule => (string)rule!["expr"]!));
        var asked = alerts.Concat(Questions()).ToList();
        Assert.NotEmpty(asked);
        foreach (var text in asked)
        {
            foreach (Match metric in Metric().Matches(text))
            {
                var name = BucketSuffix().Replace(metric.Value, "");
                Assert.True(documented.ContainsKey(name), $"{name} is in no table of docs/operating.md: {text}");
            }

            foreach (Match selector in Selector().Matches(text))
            {
                var known = documented[BucketSuffix().Replace(selector.Groups[1].Value, "")];
                // What Prometheus adds where it reads them.
                var labels = Label().Matches(selector.Groups[2].Value).Select(label => label.Groups[1].Value)
                    .Except(["namespace", "pod", "node"]);
                Assert.All(labels, label => Assert.Contains($"`{label}`", known));
            }
        }
    }

    [Fact]
    public void Panels_have_words_and_places_of_their_own()
    {
        var panels = Dashboard()["panels"]!.AsArray();
        Assert.Distinct(panels.Select(panel => (int)panel!["id"]!));
        Assert.Distinct(panels.Select(panel => panel!["gridPos"]!.ToJsonString()));
        Assert.All(panels.Where(panel => (string?)panel!["type"] != "row"), panel =>
        {
            Assert.NotEmpty((string)panel!["title"]!);
            Assert.NotEmpty((string)panel["description"]!);
            var place = panel["gridPos"]!;
            Assert.True((int)place["x"]! + (int)place["w"]! <= 24, panel["title"]!.ToJsonString());
        });
    }

    private static JsonObject Dashboard() => JsonNode.Parse(
        File.ReadAllText(Path.Combine(Helm.Chart, "files", "dashboards", "netsniff.json")))!.AsObject();

    private static IEnumerable<string> Questions() => Dashboard()["panels"]!.AsArray()
        .SelectMany(panel => panel!["targets"]?.AsArray().Select(target => (string)target!["expr"]!) ?? []);

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"\$(namespace|pod)\b")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\| `((?:netsniff|process|dotnet)_\w+)` \| \w+ \| ([^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Documented();

    [GeneratedRegex(@"\b(netsniff|process|dotnet)_\w+")]
    private static partial Regex Metric();

    [GeneratedRegex(@"\b((?:netsniff|process|dotnet)_\w+)\{([^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!=|!~|=)")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex BucketSuffix();
}
