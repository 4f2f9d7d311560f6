using NetSniff.Config;
using NetSniff.Sensor.Redaction;

namespace NetSniff.Tests.Sensor.Redaction;

public class PatternTallyTests
{
    private readonly PatternTally _tally = new();

    [Fact]
    public void What_a_pattern_finds_is_counted_by_its_name_and_goes_on_with_the_next_plan()
    {
        var first = Plan(new PatternConfig("badge", "badge-[0-9]+"), new PatternConfig("desk", "desk-[0-9]+"));
        Rewrite(first, "badge-1 and badge-22 at desk-3");
        Rewrite(first, "nobody");
        Rewrite(Plan(new PatternConfig("badge", "BADGE-[0-9]+")), "BADGE-7, badge-8");
        Assert.Equal(["desk 1", "badge 3"], Lines().OrderByDescending(static line => line[0]));
    }

    [Fact]
    public void Names_are_bounded_and_what_more_there_are_count_as_one()
    {
        for (var number = 0; number < 2 * PatternTally.NamesMax; number++)
        {
            Rewrite(Plan(new PatternConfig($"name-{number}", "x")), "x");
        }

        var lines = Lines();
        Assert.Equal(PatternTally.NamesMax + 1, lines.Count);
        Assert.Contains($"others {PatternTally.NamesMax}", lines);
    }

    private RedactionPlan Plan(params PatternConfig[] patterns) =>
        RedactionPlan.For(new RedactionConfig { Presets = [], Patterns = patterns }, _tally);

    private static void Rewrite(RedactionPlan plan, string text) =>
        new TextRedactor().TryRewrite(plan, System.Text.Encoding.UTF8.GetBytes(text), isHeader: false, []);

    private List<string> Lines() => [.. _tally.Ledger().Select(static line =>
    {
        Assert.Equal("gate", line.Stage);
        var name = line.Reason.Replace("found by the pattern ", "", StringComparison.Ordinal)
            .Replace("found by other patterns", "others", StringComparison.Ordinal);
        return $"{name} {line.Count}";
    })];
}
