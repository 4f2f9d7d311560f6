using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Matrix;
using NetSniff.Packets;
using NetSniff.Pipeline;

namespace NetSniff.Tests.Fuzz;

/// <summary>No parser claims a capture of another protocol. `make matrix` is the long one.</summary>
public sealed class MatrixTests
{
    private const string Known = "ssh/zeek__http~http-to-ssh.pcap";

    [Theory]
    [InlineData("/dns/")]
    [InlineData("/mail/")]
    [InlineData("/ssh/")]
    [InlineData("/db/")]
    public void Nobody_claims_what_is_another_protocol(string folder)
    {
        Corpus.Need("oracles");
        var matrix = MatrixCommand.Of(folder);
        Assert.True(matrix.Captures > 0);
        Assert.Empty(matrix.False);
    }

    [Theory]
    [InlineData("http", 0, 0)]
    [InlineData("elasticsearch", 0, 0)] // over HTTP
    [InlineData("smb", 1, 1)]
    [InlineData("ssh", 1, 1)]
    public void What_the_oracles_contradict_is_false(string oracle, int contradicted, int isFalse)
    {
        var matrix = MatrixOf("http/some.pcap", oracle);
        Assert.Equal(contradicted, matrix.Contradicted.Count);
        Assert.Equal(isFalse, matrix.False.Count());
    }

    [Fact]
    public void A_known_claim_is_told_and_not_held_against_us()
    {
        var matrix = MatrixOf(Known, "ssh");
        Assert.Empty(matrix.False);
        Assert.Equal("a client speaks HTTP to an SSH server", Assert.Single(matrix.Contradicted).Known);
    }

    [Fact]
    public void A_known_claim_hides_no_other_of_its_capture() => Assert.Single(MatrixOf(Known, "smb").False);

    /// <summary>One connection of HTTP that the oracles call something.</summary>
    private static ClaimMatrix MatrixOf(string capture, string oracle)
    {
        using var slots = new GuardedSlots(Shard.BatchMax);
        var segments = Handmade.Segments(Handmade.Talks[0], 1);
        var records = ShardRun.Read([.. segments.Select(FrameBuilder.Ethernet)], slots).Records;
        var flow = records.Single(record => record.Kind == "flow");
        Assert.Equal(("http", IpProtocol.Tcp), (flow.App, flow.Protocol));
        var key = FlowKey.Of(
            "tcp", flow.Client.ToString(), flow.ClientPort, flow.Server.ToString(), flow.ServerPort);
        var matrix = new ClaimMatrix();
        matrix.Add(capture, new Dictionary<FlowKey, string> { [key] = oracle }, records);
        return matrix;
    }
}
