using NetSniff.Pipeline;
using NetSniff.Sensor.Governor;

namespace NetSniff.Tests.Sensor.Governor;

public sealed class DepthFloorTests
{
    [Fact]
    public void The_least_that_somebody_holds_counts_until_they_let_go()
    {
        var floor = new DepthFloor();
        Assert.Equal(ShardDepth.Full, floor.Depth);
        var headers = floor.Hold(new ShardDepth(DepthRung.HeadersOnly));
        var sampled = floor.Hold(new ShardDepth(DepthRung.SampledFlows, 4));
        Assert.Equal(DepthRung.HeadersOnly, floor.Depth.Rung);
        var more = floor.Hold(new ShardDepth(DepthRung.SampledFlows, 16));
        headers.Dispose();
        Assert.Equal(new ShardDepth(DepthRung.SampledFlows, 16), floor.Depth);
        more.Dispose();
        more.Dispose();
        Assert.Equal(new ShardDepth(DepthRung.SampledFlows, 4), floor.Depth);
        sampled.Dispose();
        Assert.Equal(ShardDepth.Full, floor.Depth);
    }

    [Theory]
    [InlineData("sampled-4", true)]
    [InlineData("flows", true)]
    [InlineData("full", false)] // nobody may ask for more than the load allows
    [InlineData("", false)]
    public void Only_rungs_below_the_first_can_be_asked_for(string name, bool isThere)
    {
        var found = Ladder.Find(name);
        Assert.Equal(isThere, found is not null);
        if (found is { } depth) Assert.Equal(name, Ladder.NameOf(depth));
    }
}
