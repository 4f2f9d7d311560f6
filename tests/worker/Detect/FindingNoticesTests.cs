using NetSniff.Detection;
using NetSniff.Tests.Detection.Rules;
using NetSniff.Worker.Detect;

namespace NetSniff.Tests.Worker.Detect;

/// <summary>Findings that ask for an Event wait, a bounded number of them, until somebody takes them.</summary>
public sealed class FindingNoticesTests
{
    private const string Asking = "condition: http\ndetector: {type: Match}\nactions: [{name: e, type: Event}]";
    private const string Silent = "condition: http\ndetector: {type: Match}\n";

    [Fact]
    public void Those_of_a_rule_and_a_pod_are_one_and_the_others_are_not_told()
    {
        var notices = Show(
            RuleBench.Rule(Asking, "told") + "---\n" + RuleBench.Rule(Silent, "silent")
            + "---\n" + RuleBench.Rule("mode: Shadow\n" + Asking, "shadow"),
            "[{protocol: HTTP1, http.host: shop, dst.pod: web, repeat: 30, every: 1s}]", out var cameTimes);
        var notice = Assert.Single(notices.Take(10));
        Assert.Equal(("told", "high", "web", 30), (notice.Rule, notice.Severity, notice.Pod, notice.Count));
        Assert.Equal(30, cameTimes);
        Assert.Empty(notices.Take(10));
        Assert.Equal(30, notices.Ledger().First().Count);
    }

    [Fact]
    public void More_than_there_is_room_for_are_counted()
    {
        var rules = string.Join("---\n", Enumerable.Range(0, FindingNotices.WaitingMax + 3)
            .Select(static number => RuleBench.Rule(Asking, $"r{number}")));
        var notices = Show(rules, "[{protocol: HTTP1, http.host: shop}]", out _);
        Assert.Equal(3, notices.LeftOut);
        Assert.Equal(FindingNotices.WaitingMax, notices.Take(int.MaxValue).Count);
    }

    private static FindingNotices Show(string rules, string records, out int cameTimes)
    {
        var set = RuleBench.Load(rules, out var problems);
        Assert.True(set is not null, string.Join('\n', problems));
        var run = new DetectionRun(set);
        var came = 0;
        var notices = new FindingNotices(() => set) { Came = () => came++ };
        var position = 0ul;
        foreach (var record in RuleBench.Records(records))
        {
            run.Run(record, position++);
            notices.Consume(run.Findings, run.FindingsCount);
        }

        cameTimes = came;
        return notices;
    }
}
