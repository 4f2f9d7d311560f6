using NetSniff.Kube;
using NetSniff.Operator.DetectionRules;

namespace NetSniff.Tests.Operator.DetectionRules;

public class RuleOrderTests
{
    private const int CountMax = 8, BytesMax = 8000;

    [Fact]
    public void Those_of_the_cluster_come_first_by_priority_however_many_others_there_are()
    {
        var many = Enumerable.Range(0, 50).Select(number => Rule("a", $"r{number:00}", number));
        var order = Of([.. many, Rule("home", "late", 99) with { IsOfCluster = true, Priority = 5 },
            Rule("home", "first", 98) with { IsOfCluster = true, Priority = 1 }]);
        Assert.Equal("home/first home/late a/r00 a/r01", string.Join(' ', order.Take(4)));
        Assert.Equal(52, order.Count);
    }

    [Fact]
    public void Each_namespace_has_its_share_and_in_it_the_oldest_come_first()
    {
        var many = Enumerable.Range(0, 50).Select(number => Rule("a", $"r{number:00}", number));
        var order = Of([.. many, Rule("b", "new", 91), Rule("b", "old", 90), Rule("c", "only", 95)]);
        Assert.Equal("a/r00 b/old c/only a/r01 b/new a/r02", string.Join(' ', order.Take(6)));
    }

    /// <summary>A large one counts for what it takes.</summary>
    [Fact]
    public void Bytes_are_room_as_well()
    {
        var order = Of([Rule("a", "big", 0) with { Bytes = 4000 }, Rule("a", "small", 1), Rule("b", "x", 2),
            Rule("b", "y", 3), Rule("b", "z", 4)]);
        Assert.Equal("b/x b/y b/z a/big a/small", string.Join(' ', order));
    }

    private static IReadOnlyList<ResourceName> Of(params RuleCandidate[] rules) =>
        RuleOrder.Of(rules.Reverse(), CountMax, BytesMax);

    private static RuleCandidate Rule(string space, string name, int second) => new(
        new ResourceName(space, name), false, 0, $"2026-01-31T12:00:{second:00}Z", 100);
}
