using NetSniff.Operator.Control;

namespace NetSniff.Tests.Operator.Control;

public class PlanSequenceTests
{
    [Fact]
    public void What_says_the_same_keeps_its_number() =>
        Assert.Equal(7, PlanSequence.Of(("a", 7), "a", [Member(7), Member(3)], TimeProvider.System));

    [Fact]
    public void Something_else_has_a_number_above_all_that_were_given_out()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.True(PlanSequence.Of(("a", 7), "b", [], TimeProvider.System) >= now);
        var ahead = now + 1_000_000_000;
        Assert.Equal(ahead + 1, PlanSequence.Of(("a", 7), "b", [Member(ahead)], TimeProvider.System));
        Assert.Equal(ahead + 1, PlanSequence.Of(("a", ahead), "b", [Member(7)], TimeProvider.System));
    }

    /// <summary>Whoever led before told members of a later plan and died before it was written down.</summary>
    [Fact]
    public void Members_that_run_a_later_plan_are_told_anew() =>
        Assert.True(PlanSequence.Of(("a", 7), "a", [Member(9)], TimeProvider.System) > 9);

    private static MemberState Member(long sequence) =>
        new() { Kind = MemberKind.Sensor, Pod = "p", Node = "n", Sequence = sequence };
}
