using NetSniff.Flows;
using NetSniff.Packets;

namespace NetSniff.Tests.Flows;

public sealed unsafe class FlowTableTests
{
    /// <summary>Anything a shard may do, in any order, against a dictionary that does the same.</summary>
    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 3000)]
    [InlineData(3, 30_000)]
    public void Behaves_like_a_dictionary(int seed, int keys)
    {
        using var table = new FlowTable(8192);
        var model = new Dictionary<int, int>();
        var random = new Random(seed);
        for (var step = 0; step < 60_000; step++)
        {
            var key = random.Next(keys);
            var packet = PacketOf(key, isBack: random.Next(2) == 0);
            var flow = table.Find(in packet, out var direction);
            Assert.Equal(model.TryGetValue(key, out var wanted), flow != null);
            if (flow == null)
            {
                if (table.IsFull || random.Next(3) == 0) continue;
                packet = PacketOf(key, isBack: false);
                table.Add(in packet, out var number);
                model.Add(key, number);
            }
            else
            {
                Assert.True(flow == table.At(wanted));
                Assert.Equal(packet.SourcePort == 53 ? 1 : 0, direction);
                if (random.Next(4) != 0) continue;
                table.Remove(wanted);
                model.Remove(key);
            }

            Assert.Equal(model.Count, table.Count);
        }

        foreach (var (key, number) in model)
        {
            var packet = PacketOf(key, isBack: true);
            Assert.True(table.Find(in packet, out _) == table.At(number));
        }
    }

    /// <summary>Flows of the same two ends, all of one hash as those of ICMP are, in every order and from both sides,
    /// against a list that compares keys both ways.</summary>
    [Theory]
    [InlineData(IpProtocol.Icmp, 8, 0, 3, 1, 3, 3, 0, 0)]
    [InlineData(IpProtocol.Udp, 123, 123, 123, 53, 53, 53, 53, 123)]
    public void Ports_are_compared_in_full(byte protocol, params int[] ports)
    {
        using var table = new FlowTable(4096);
        var packets = new Packet[ports.Length];
        for (var index = 0; index < packets.Length; index++)
        {
            ref var packet = ref packets[index];
            packet = PacketOf(1, isBack: index % 2 != 0) with { Protocol = protocol };
            (packet.SourcePort, packet.TargetPort) = ((ushort)ports[index & ~1], (ushort)ports[index | 1]);
            if (protocol == IpProtocol.Icmp) IcmpPairs.Normalise(ref packet);
            packet.Hash = 0x1234_5678_9abc_def0;
        }

        var orders = Enumerable.Range(1, packets.Length).Aggregate(1, (product, number) => product * number);
        for (var order = 0; order < orders; order++)
        {
            var flows = new List<(Packet First, int Number)>();
            foreach (var index in Ordered(packets.Length, order)) Meet(in packets[index], flows);

            // The hint is the first of that hash, which is most often another.
            table.PrefetchFlows(packets);
            foreach (ref var packet in packets.AsSpan()) Meet(in packet, flows);

            foreach (var (_, number) in flows) table.Remove(number);
            foreach (ref var packet in packets.AsSpan()) packet.FlowHint = null;
        }

        void Meet(in Packet packet, List<(Packet First, int Number)> flows)
        {
            var flow = table.Find(in packet, out var direction);
            foreach (var (first, wanted) in flows)
            {
                var way = WayOf(in first, in packet);
                if (way < 0) continue;

                Assert.True(flow == table.At(wanted));
                Assert.Equal(way, direction);
                return;
            }

            Assert.True(flow == null);
            table.Add(in packet, out var number);
            flows.Add((packet, number));
        }
    }

    private static int WayOf(in Packet first, in Packet packet)
    {
        var to = (first.Source, first.SourcePort, first.Target, first.TargetPort);
        if (to == (packet.Source, packet.SourcePort, packet.Target, packet.TargetPort)) return 0;

        return to == (packet.Target, packet.TargetPort, packet.Source, packet.SourcePort) ? 1 : -1;
    }

    /// <summary>One of all orders of so many things.</summary>
    private static IEnumerable<int> Ordered(int count, int order)
    {
        var left = Enumerable.Range(0, count).ToList();
        while (left.Count > 0)
        {
            var (rest, place) = Math.DivRem(order, left.Count);
            yield return left[place];
            left.RemoveAt(place);
            order = rest;
        }
    }

    [Fact]
    public void Flows_of_other_networks_are_apart_where_the_id_names_the_network()
    {
        using var apart = new FlowTable(4096);
        using var together = new FlowTable(4096, tunnelIdsApart: false);
        (TunnelKind, bool)[] kinds = [(TunnelKind.Vxlan, true), (TunnelKind.Geneve, true), (TunnelKind.GtpU, false)];
        foreach (var (kind, isApart) in kinds)
        {
            var packet = PacketOf(1, isBack: false) with { Tunnel = kind, TunnelId = 7 };
            apart.Add(in packet, out _);
            together.Add(in packet, out _);
            packet.TunnelId = 8;
            Assert.Equal(isApart, apart.Find(in packet, out _) == null);
            Assert.True(together.Find(in packet, out _) != null);
        }
    }

    [Fact]
    public void Places_are_used_again_and_pages_only_when_needed()
    {
        using var table = new FlowTable(1 << 20);
        var empty = table.BytesAllocated;
        for (var round = 0; round < 10; round++)
        {
            var numbers = new int[3000];
            for (var key = 0; key < numbers.Length; key++)
            {
                var packet = PacketOf(key, isBack: false);
                table.Add(in packet, out numbers[key]);
            }

            Assert.Equal(numbers.Length, numbers.Distinct().Count());
            foreach (var number in numbers) table.Remove(number);
        }

        Assert.Equal(0, table.Count);
        // One page of 32,768 flows, and an index of twice as many words as the flows that were live at once.
        Assert.InRange(table.BytesAllocated - empty, 1, (Flow.Size << 15) + (8 << 14));
        var before = table.BytesAllocated;
        var tcp = PacketOf(0, isBack: false) with { Protocol = IpProtocol.Tcp };
        table.Add(in tcp, out _);
        Assert.Equal(Flow.SizeMax << 15, table.BytesAllocated - before);
    }

    /// <summary>Words that lie at the index's beginning because its end was full stay behind their home.</summary>
    [Theory]
    [InlineData(0xffff_ffffu)]
    [InlineData(0xffff_fffcu)]
    [InlineData(0x7fff_fffcu)]
    public void What_wrapped_is_found_when_the_index_has_grown(uint home)
    {
        using var table = new FlowTable(1 << 16);
        var numbers = new int[20_000];
        for (var key = 0; key < numbers.Length; key++)
        {
            var packet = Homed(key);
            table.Add(in packet, out numbers[key]);
        }

        for (var key = 0; key < numbers.Length; key++)
        {
            if (key % 3 == 0) table.Remove(numbers[key]);
        }

        for (var key = 0; key < numbers.Length; key++)
        {
            var packet = Homed(key);
            var wanted = key % 3 == 0 ? null : table.At(numbers[key]);
            Assert.True(table.Find(in packet, out _) == wanted);
        }

        // The first fifty share few homes at the end, the others are all over.
        Packet Homed(int key)
        {
            var packet = PacketOf(key, isBack: false);
            if (key < 50) packet.Hash = (ulong)(home - (uint)(key % 4)) << 32;
            return packet;
        }
    }

    [Fact]
    public void A_hint_is_good_until_the_flow_goes()
    {
        using var table = new FlowTable(4096);
        Packet[] packets = [PacketOf(1, isBack: false), PacketOf(1, isBack: true), PacketOf(2, isBack: false)];
        var flow = table.Add(in packets[0], out var number);
        table.PrefetchFlows(packets);
        Assert.True(table.Find(in packets[0], out var there) == flow);
        Assert.True(table.Find(in packets[1], out var back) == flow);
        Assert.True(table.Find(in packets[2], out _) == null);
        Assert.Equal((0, 1), (there, back));

        table.Remove(number);
        Assert.True(table.Find(in packets[1], out _) == null);
        var other = table.Add(in packets[2], out _);
        Assert.True(other == flow, "the place is used again at once");
        Assert.True(table.Find(in packets[1], out _) == null);
        Assert.True(table.Find(in packets[2], out _) == other);
    }

    /// <summary>Whatever came first, the others find places too, as many as there may be flows.</summary>
    [Theory]
    [InlineData(4096, 4096)]
    [InlineData(1 << 16, 40_000)]
    [InlineData(1 << 16, 20_000)]
    public void Flows_of_tcp_and_of_others_share_the_bound(int flowsMax, int ofTcp)
    {
        using var table = new FlowTable(flowsMax);
        var numbers = new int[flowsMax];
        for (var round = 0; round < 3; round++)
        {
            for (var key = 0; key < flowsMax; key++)
            {
                var packet = Keyed(key, round);
                var flow = table.Add(in packet, out numbers[key]);
                Assert.Equal(0u, flow->Slot);
                if (packet.Protocol != IpProtocol.Tcp) continue;

                Assert.Equal(0u, flow->Tcp->NextSequence[0]);
                flow->Tcp->NextSequence[0] = flow->Slot = (uint)key;
            }

            Assert.True(table.IsFull);
            Assert.Equal(flowsMax, numbers.Distinct().Count());
            for (var key = 0; key < flowsMax; key++)
            {
                var packet = Keyed(key, round);
                var flow = table.Find(in packet, out _);
                Assert.True(flow == table.At(numbers[key]));
                if (packet.Protocol == IpProtocol.Tcp) Assert.Equal((uint)key, flow->Tcp->NextSequence[0]);
                table.Remove(numbers[key]);
            }
        }

        Assert.InRange(table.BytesAllocated, 1, ((flowsMax >> 15) + 1L) * (Flow.SizeMax << 15) + 8L * 2 * flowsMax);

        // Of TCP first the one part, then the other.
        Packet Keyed(int key, int round)
        {
            var packet = PacketOf(key, isBack: false);
            if (key < ofTcp == (round != 1)) packet.Protocol = IpProtocol.Tcp;
            return packet;
        }
    }

    [Fact]
    public void All_flows_forget_their_epoch()
    {
        using var table = new FlowTable(1 << 17);
        var flows = new nint[70_000];
        for (var key = 0; key < flows.Length; key++)
        {
            var packet = PacketOf(key, isBack: false);
            if (key % 2 == 0) packet.Protocol = IpProtocol.Tcp;
            var flow = table.Add(in packet, out _);
            flow->Epoch = 7;
            flows[key] = (nint)flow;
        }

        table.ForgetEpochs();
        Assert.All(flows, flow => Assert.Equal(0, ((Flow*)flow)->Epoch));
    }

    internal static Packet PacketOf(int key, bool isBack)
    {
        Packet packet = default;
        var client = Address.FromV4((uint)(key % 200) << 24 | 10);
        var server = Address.FromV4(0x0700_000A);
        var port = (ushort)(1024 + key / 200);
        packet.Protocol = IpProtocol.Udp;
        (packet.Source, packet.SourcePort) = isBack ? (server, (ushort)53) : (client, port);
        (packet.Target, packet.TargetPort) = isBack ? (client, port) : (server, (ushort)53);
        packet.Hash = FlowHash.Of(in packet);
        return packet;
    }
}
