using NetSniff.Wire.Health.Profiling;

namespace NetSniff.Tests.Wire.Health.Profiling;

public sealed class StackCountsTests
{
    [Fact]
    public void Samples_of_one_stack_are_counted_together_for_each_thread()
    {
        var counts = new StackCounts();
        for (var round = 0; round < 3; round++)
        {
            for (var stack = 0ul; stack < 1000; stack++) counts.Add(1, [stack, stack + 1], isOwn: round < 2);
            counts.Add(2, [5, 6], isOwn: false);
        }

        Assert.Equal((3003, 0), (counts.Samples, counts.Stackless));
        Assert.Equal(1000, counts.Of(1).Count);
        Assert.All(counts.Of(1), count => Assert.Equal((2, 1), (count.Own, count.Other)));
        var other = Assert.Single(counts.Of(2));
        Assert.Equal([5ul, 6], other.Addresses);
        Assert.Equal((0, 3), (other.Own, other.Other));
        Assert.Empty(counts.Of(3));
        Assert.Equal(1001, counts.All.Count());
    }

    [Fact]
    public void Stacks_above_the_limit_are_counted_without()
    {
        var counts = new StackCounts();
        for (var stack = 0ul; stack < 100_010; stack++) counts.Add(1, [stack], isOwn: true);
        counts.Add(1, [3], isOwn: true);
        Assert.Equal((100_011, 10), (counts.Samples, counts.Stackless));
        Assert.Equal(10, counts.Of(1).Single(count => count.Addresses.Length == 0).Own);
        Assert.Equal(2, counts.Of(1).Single(count => count.Addresses is [3]).Own);
    }
}
