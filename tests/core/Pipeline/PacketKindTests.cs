using NetSniff.Packets;
using Xunit;

namespace NetSniff.Tests.Pipeline;

/// <summary>Headers that stand between a frame and its flow.</summary>
public sealed class PacketKindTests
{
    private const string Udp = "0007 0063 0008 0000";
    private const string V6Ends = "20010db8000000000000000000000001 20010db8000000000000000000000002";
    private const string V4 = "4500 001C 0000 0000 4011 0000 0A000001 0A000002" + Udp;

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void Extension_headers_are_walked_however_many(int more)
    {
        // Destination options that hold padding only, one leading to the next.
        var options = string.Concat(Enumerable.Repeat("3C00 010400000000", more)) + "1100 010400000000";
        var length = 8 * (more + 2);
        using var talk = new TcpTalk().Raw(Hex.Bytes($"60000000 {length:x4} 3C 40 {V6Ends} {options} {Udp}"));
        Assert.Single(talk.Records("flow"));
        Assert.Equal(1, talk.CountOf(IpProtocol.Udp));
    }

    [Theory]
    [InlineData("OSPF behind AH", 0x59, IpProtocol.Ah)]
    [InlineData("ESP behind AH", 0x32, IpProtocol.Ah)]
    [InlineData("UDP behind AH", 0x11, IpProtocol.Udp)]
    public void What_follows_an_authentication_header(string about, int next, int seen)
    {
        using var talk = new TcpTalk().Ip(
            IpProtocol.Ah, Hex.Bytes($"{next:x2}04 0000 00000001 00000001 000000000000000000000000 {Udp}"));
        Assert.Single(talk.Records("flow"));
        Assert.True(talk.CountOf((byte)seen) == 1, about);
    }

    /// <summary>0, 43, 44 and 60 are extension headers of IPv6; in IPv4 they are protocols that nobody uses.</summary>
    [Fact]
    public void Ipv4_has_no_extension_headers()
    {
        using var talk = new TcpTalk().Ip(0, Hex.Bytes("1100 010400000000" + Udp));
        Assert.Single(talk.Records("flow"));
        Assert.Equal(1, talk.CountOf(0));
    }

    [Theory]
    [InlineData("IPv4 under the link type of IPv6", LinkType.Ipv6, "")]
    [InlineData("InfiniBand", LinkType.Infiniband, "0000000000000000000000000000000000000000"
        + "80000550fe800000000000000010e000664ab451 0800 0000")]
    [InlineData("a bridge port's tag", LinkType.Ethernet, "020000000002 020000000001 893F 0000 0001 0000 0800")]
    public void Links(string about, LinkType linkType, string before)
    {
        using var talk = new TcpTalk().Raw(Hex.Bytes(before + V4), linkType: linkType);
        Assert.True(talk.Records("flow").Count == 1, about);
        Assert.True(talk.CountOf(IpProtocol.Udp) == 1, about);
    }

    /// <summary>Neither GRE without a key nor IP in IP has a number that would tell.</summary>
    [Theory]
    [InlineData(47, "0000 0800")]
    [InlineData(4, "")]
    public void The_same_ends_in_a_tunnel_and_in_the_open_are_two_flows(byte protocol, string before)
    {
        using var talk = new TcpTalk().Raw(Hex.Bytes(V4)).Ip(protocol, Hex.Bytes(before + V4)).Raw(Hex.Bytes(V4));
        Assert.Equal(2, talk.Records("flow").Count);
    }

    /// <summary>Geneve is sent to its port; some answer from it.</summary>
    [Theory]
    [InlineData("9C40 17C1")]
    [InlineData("17C1 9C40")]
    public void Geneve_either_way(string ports)
    {
        using var talk = new TcpTalk().Ip(
            IpProtocol.Udp,
            Hex.Bytes($"{ports} 003A 0000 0000 6558 00000700 020000000002 020000000001 0800 {V4}"));
        Assert.Contains("flow.packets.toserver=1 ", Assert.Single(talk.Records("flow")), StringComparison.Ordinal);
        Assert.Equal(7u, talk.TunnelId);
    }
}
