using NetSniff.Config;
using NetSniff.Flows;
using NetSniff.Packets;

namespace NetSniff.Tests.Flows;

public sealed class FlowTargetsTests
{
    private const string Pod = "10.244.1.7", OtherPod = "10.244.1.8", Node = "192.168.0.5", World = "1.1.1.1";

    [Theory]
    // One end on the list is enough, whichever; the host's own traffic is somebody's only where that is said.
    [InlineData("Listed", false, Pod, World, true)]
    [InlineData("Listed", false, World, Pod, true)]
    [InlineData("Listed", false, Pod, Node, true)]
    [InlineData("Listed", false, OtherPod, World, false)]
    [InlineData("Listed", false, Node, World, false)]
    [InlineData("Listed", true, Node, World, true)]
    [InlineData("Listed", true, OtherPod, World, false)]
    [InlineData("Listed", true, "127.0.0.53", "127.0.0.1", true)]
    // With everybody as a target a list says who is more than the host it talks to.
    [InlineData("All", false, OtherPod, World, true)]
    [InlineData("All", false, Node, World, false)]
    [InlineData("All", false, Node, OtherPod, false)]
    [InlineData("All", false, Node, Pod, true)]
    [InlineData("All", false, "127.9.0.1", World, false)]
    [InlineData("All", false, "::1", "::1", false)]
    [InlineData("All", true, Node, World, true)]
    // Networks that are left out go before everything else.
    [InlineData("Listed", true, Pod, "169.254.169.254", false)]
    [InlineData("All", true, "fd00:1::5", World, false)]
    [InlineData("All", true, "fd00:2::5", World, true)]
    public void Whose_traffic(string mode, bool hasHost, string left, string right, bool isWanted)
    {
        var isListed = mode == "Listed";
        var targets = new FlowTargets(
            isListed ? [Of(Pod)] : null, [Net("169.254.0.0/16"), Net("fd00:1::/32")], hasHost,
            isListed ? [] : [Of(Pod)], [Of(Node)]);
        Assert.Equal(isWanted, targets.Wants(Of(left), Of(right)));
        Assert.Equal(isWanted, targets.Wants(Of(right), Of(left)));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public void As_many_as_there_may_be_are_found_and_nobody_else(int seed)
    {
        var random = new Random(seed);
        var listed = new HashSet<Address>();
        while (listed.Count < TargetsConfig.AddressesMax) listed.Add(Any(random));
        var targets = new FlowTargets(listed, [], false, [], []);
        var nobody = Of("203.0.113.1");
        foreach (var address in listed) Assert.True(targets.Wants(in address, in nobody));
        for (var round = 0; round < 20_000; round++)
        {
            var address = Any(random);
            Assert.Equal(listed.Contains(address), targets.Wants(in nobody, in address));
        }
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.1.2.3/8", "10.9.9.9", true)] // what is behind the mask does not count
    [InlineData("10.0.0.0/9", "10.128.0.0", false)]
    [InlineData("0.0.0.0/0", "255.1.2.3", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("10.0.0.1/32", "10.0.0.1", true)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    public void Networks(string network, string address, bool isIn) =>
        Assert.Equal(isIn, Net(network).Has(Of(address)));

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("::/129")]
    [InlineData("web/8")]
    [InlineData("/8")]
    public void Not_networks(string text) => Assert.False(TargetsConfig.TryParse(text, out Network _));

    private static Address Any(Random random)
    {
        Span<byte> bytes = stackalloc byte[random.Next(2) == 0 ? 4 : 16];
        random.NextBytes(bytes);
        bytes[0] = 10; // neighbours, as pods are
        return Address.FromBytes(bytes);
    }

    private static Address Of(string text)
    {
        Assert.True(TargetsConfig.TryParse(text, out Address address));
        return address;
    }

    private static Network Net(string text)
    {
        Assert.True(TargetsConfig.TryParse(text, out Network network));
        return network;
    }
}
