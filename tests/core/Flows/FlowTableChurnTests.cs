using NetSniff.Flows;
using NetSniff.Packets;

namespace NetSniff.Tests.Flows;

public sealed unsafe class FlowTableChurnTests
{
    [Fact]
    public void Flows_are_found_while_others_come_and_go()
    {
        const int Ends = 40_000;
        using var table = new FlowTable(flowsMax: 20_000);
        var (chance, live) = (new Random(11), new Dictionary<int, int>());
        for (var step = 0; step < 200_000; step++)
        {
            var end = chance.Next(Ends);
            var packet = PacketOf(end, isAnswer: chance.Next(2) == 1);
            var flow = table.Find(in packet, out var number, out _);
            Assert.Equal(live.TryGetValue(end, out var known), flow != null);
            if (flow != null)
            {
                Assert.Equal(known, number);
                table.Remove(number);
                live.Remove(end);
            }
            else if (!table.IsFull)
            {
                table.Add(in packet, out number);
                live.Add(end, number);
            }

            Assert.Equal(live.Count, table.Count);
        }

        foreach (var (end, number) in live)
        {
            var packet = PacketOf(end, isAnswer: false);
            Assert.True(table.Find(in packet, out var found, out _) != null);
            Assert.Equal(number, found);
        }
    }

    private static Packet PacketOf(int end, bool isAnswer)
    {
        var client = Address.FromV4((uint)end + 1);
        var server = Address.FromV4(7);
        Packet packet = default;
        (packet.Source, packet.Target) = isAnswer ? (server, client) : (client, server);
        (packet.SourcePort, packet.TargetPort) = isAnswer ? ((ushort)80, (ushort)4000) : ((ushort)4000, (ushort)80);
        packet.Protocol = IpProtocol.Tcp;
        packet.Hash = FlowHash.Of(in packet);
        return packet;
    }
}
