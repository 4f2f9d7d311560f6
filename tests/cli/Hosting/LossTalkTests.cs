using NetSniff.Cli.Hosting;
using NetSniff.Pipeline;

namespace NetSniff.Tests.Cli.Hosting;

public sealed class LossTalkTests
{
    [Fact]
    public void A_loss_is_told_once()
    {
        var talk = new LossTalk("spool: torn", "spool: no batch");
        Assert.Empty(talk.Hear([Line("torn", 0), Line("no batch", 0), Line("records waiting", 7)]));
        Assert.Equal(
            "lost: spool: torn: 2 so far; said once, the ledger counts on",
            Assert.Single(talk.Hear([Line("torn", 2), Line("no batch", 0)])));
        Assert.Empty(talk.Hear([Line("torn", 3), Line("no batch", 0)]));
        Assert.Single(talk.Hear([Line("torn", 3), Line("no batch", 1)]));
        Assert.Empty(talk.Hear([Line("torn", 9), Line("no batch", 9)]));
    }

    private static LedgerLine Line(string reason, long count) => new("spool", reason, count, IsLoss: true);
}
