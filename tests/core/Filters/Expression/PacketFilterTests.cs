using NetSniff.Filters.Expression;
using NetSniff.Packets;

namespace NetSniff.Tests.Filters.Expression;

/// <summary>What packets themselves can be asked, and that both directions of a flow answer alike.</summary>
public sealed class PacketFilterTests
{
    public PacketFilterTests() => _ = global::NetSniff.Protocols.Protocols.Records;

    [Theory]
    [InlineData("", true)]
    [InlineData("ip == 10.0.0.1 and port == 443", true)]
    [InlineData("src.ip in 10.0.0.0/8 or dst.port in (80, 443)", true)]
    [InlineData("!(port == 22) and proto != udp", true)]
    [InlineData("vlan == 7", true)]
    [InlineData("dst.port != 443", false)] // the answer's source port is: half of the flow would match
    [InlineData("!(src.ip == 10.0.0.1)", false)]
    [InlineData("http.status >= 500", false)]
    [InlineData("port == 80 and http.status >= 500", false)]
    [InlineData("src.pod == \"web\"", false)]
    [InlineData("app == http", false)]
    [InlineData("time > 2026-01-31T09:00:00Z", false)]
    public void Records_are_asked_what_packets_cannot_tell(string text, bool isOfPackets) =>
        Assert.Equal(isOfPackets, PacketFilter.Of(FilterExpression.Parse(text).Filter!) is not null);

    [Theory]
    [InlineData("", true)]
    [InlineData("src.ip == 10.0.0.1", true)]
    [InlineData("src.ip == 10.0.0.1 and dst.port == 443", true)]
    [InlineData("src.ip == 10.0.0.1 and src.port == 443", false)]
    [InlineData("dst.ip == 10.0.0.2 and src.port == 50000", true)]
    [InlineData("proto == tcp and port == 443", true)]
    [InlineData("proto == udp", false)]
    [InlineData("port != 443", false)]
    [InlineData("!(port == 80)", true)]
    [InlineData("vlan == 12", true)]
    [InlineData("vlan == 13", false)]
    public void Both_directions_match_alike(string text, bool matches)
    {
        var filter = PacketFilter.Of(FilterExpression.Parse(text).Filter!)!;
        var packet = new Packet
        {
            Source = Address.FromBytes([10, 0, 0, 1]), Target = Address.FromBytes([10, 0, 0, 2]), SourcePort = 50_000,
            TargetPort = 443, Protocol = IpProtocol.Tcp, OuterVlan = 12, Status = DecodeStatus.Ok,
        };
        Assert.Equal(matches, filter.Matches(in packet));
        (packet.Source, packet.Target) = (packet.Target, packet.Source);
        (packet.SourcePort, packet.TargetPort) = (packet.TargetPort, packet.SourcePort);
        Assert.Equal(matches, filter.Matches(in packet));
    }

    [Fact]
    public void What_is_not_IP_is_matched_by_nothing_but_everything()
    {
        var packet = new Packet { Status = DecodeStatus.NotIp };
        Assert.True(PacketFilter.Of(FilterExpression.Parse("").Filter!)!.Matches(in packet));
        Assert.False(PacketFilter.Of(FilterExpression.Parse("proto != tcp").Filter!)!.Matches(in packet));
    }

    [Fact]
    public void A_match_allocates_nothing()
    {
        var filter = PacketFilter.Of(FilterExpression.Parse("ip in 10.0.0.0/8 and dst.port == 443").Filter!)!;
        var packet = new Packet { Source = Address.FromBytes([10, 0, 0, 1]), Status = DecodeStatus.Ok };
        filter.Matches(in packet);
        Assert.Equal(0, Allocations.Least(() => filter.Matches(in packet)));
    }
}
