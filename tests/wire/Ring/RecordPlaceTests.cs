using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Wire.Ring;

namespace NetSniff.Tests.Wire.Ring;

public class RecordPlaceTests
{
    [Fact]
    public void What_sensors_see_differently_has_one_place()
    {
        var head = Head(1);
        var elsewhere = head with
        {
            FlowId = 99, OuterVlan = 7, InnerVlan = 8, TunnelId = 9, Tunnel = TunnelKind.Vxlan, Interface = 3, App = 5,
            TimeNanos = 1, Kind = 2, Traits = RecordTraits.Partial,
        };
        Assert.Equal(RecordPlace.Of(in head), RecordPlace.Of(in elsewhere));
    }

    /// <summary>A service's address and port become a pod's somewhere on the way.</summary>
    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.Sctp)]
    public void Before_and_behind_the_translation_of_the_server_is_one_place(byte protocol)
    {
        var before = Head(1) with { Protocol = protocol };
        var behind = before with { Server = Address.FromV4(1), ServerPort = 8080 };
        Assert.Equal(RecordPlace.Of(in before), RecordPlace.Of(in behind));
    }

    [Fact]
    public void What_makes_another_client_makes_another_place()
    {
        var head = Head(1);
        RecordHeader[] others =
        [
            head with { Client = Address.FromV4(1) }, head with { ClientPort = 1 },
            head with { Protocol = IpProtocol.Udp },
        ];
        Assert.All(others, other => Assert.NotEqual(RecordPlace.Of(in head), RecordPlace.Of(in other)));
    }

    [Fact]
    public void What_has_no_ports_is_placed_by_both_ends()
    {
        var head = Head(1) with { Protocol = 47, ClientPort = 0, ServerPort = 0 };
        var turned = head with { Client = head.Server, Server = head.Client };
        Assert.Equal(RecordPlace.Of(in head), RecordPlace.Of(in turned));
        var other = head with { Server = Address.FromV4(1) };
        Assert.NotEqual(RecordPlace.Of(in head), RecordPlace.Of(in other));
    }

    [Fact]
    public void A_ping_and_its_answer_have_one_place()
    {
        var request = Head(1) with { Protocol = IpProtocol.Icmp, ClientPort = 8, ServerPort = 0 };
        var reply = request with { Client = request.Server, Server = request.Client, ClientPort = 0, ServerPort = 0 };
        Assert.Equal(RecordPlace.Of(in request), RecordPlace.Of(in reply));
    }

    /// <summary>Addresses and ports as real ones: counted up, few servers, few ports.</summary>
    [Fact]
    public void Connections_are_shared_out_evenly()
    {
        var table = RingTable.Of(Enumerable.Range(0, 7).Select(number => new RingMember($"w-{number}", "")));
        var shares = new int[7];
        const int Count = 70_000;
        for (var number = 0; number < Count; number++)
        {
            var head = Head(number);
            shares[table.OwnerIndex(RecordPlace.Of(in head))]++;
        }

        Assert.All(shares, share => Assert.InRange(share, 0.7 * Count / 7, 1.3 * Count / 7));
    }

    private static RecordHeader Head(int number) => new()
    {
        Client = Address.FromV4(0x0a | (uint)(number % 200 + 1) << 24),
        Server = Address.FromV4(0x0b | (uint)(number % 3 + 1) << 24),
        ClientPort = (ushort)(32768 + number / 200 % 20_000),
        ServerPort = 443,
        Protocol = IpProtocol.Tcp,
    };
}
