using NetSniff.Operator.CaptureSessions;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Operator.CaptureSessions;

public class SessionCutTests
{
    [Fact]
    public void A_file_that_fails_is_tried_again_and_those_before_it_are_not()
    {
        var cut = new SessionCut([("a.pcapng", "a"), ("b.pcapng", "b"), ("c.pcapng", "c")], ["a", "b", "c"]);
        Assert.Equal(("a.pcapng", "a"), cut.Try());
        cut.Add(new KeptFile { Name = "a.pcapng", Packets = 7 }, new Completeness { Sensors = 1 });
        Assert.Equal(0, cut.Tries);
        Assert.Equal(("b.pcapng", "b"), cut.Try());
        Assert.Equal(("b.pcapng", "b"), cut.Try());
        Assert.Equal(2, cut.Tries);
        cut.Miss("b", "no sensor");
        Assert.False(cut.IsDone);
        Assert.Equal(("c.pcapng", "c"), cut.Try());
        cut.Add(new KeptFile { Name = "c.pcapng", Packets = 3 }, new Completeness { Sensors = 1 });
        Assert.True(cut.IsDone);
        Assert.Equal((10, 3), (cut.Outcome.Packets, (int)cut.Outcome.Completeness.Sensors));
        Assert.Equal("b", Assert.Single(cut.Outcome.Completeness.AbsentSensors).Worker);
    }
}
