using NetSniff.Wire.Health;

namespace NetSniff.Tests.Wire.Health;

/// <summary>The page on operating tells of every metric in the words of the list.</summary>
public sealed class MetricsTableTests
{
    private const string Page = "docs/operating.md";

    [Fact]
    public void The_table_is_what_the_list_gives()
    {
        var rows = Sources.Lines(Page).SkipWhile(line => !line.StartsWith("| metric ", StringComparison.Ordinal))
            .Skip(2).TakeWhile(line => line.StartsWith('|'));
        Assert.Equal(Metrics.All.Select(Row), rows);
    }

    private static string Row(MetricFamily family)
    {
        var labels = string.Join(", ", family.Labels.Select(label => $"`{label}`"));
        return $"| `{family.Name}` | {PrometheusText.KindName(family.Kind)} | {labels} | {family.Help} |";
    }
}
