using System.Globalization;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Merge;

namespace NetSniff.Tests.Worker.Merge;

public class ConnectionMergeTests
{
    private const long Milli = 1_000_000;
    private const long Second = 1000 * Milli;
    private const long Start = 1_769_850_000 * Second;

    /// <summary>A transfer between two pods, seen where each leaves its node and where each enters its pod.</summary>
    internal static readonly Sighting[] Transfer =
    [
        new("node-1", "veth-web", Start, 20, 30, 3_000, 50_000),
        new("node-1", "eth0", Start + Milli, 40, 60, 5_000, 53_000) { Tunnel = TunnelKind.Vxlan, TunnelId = 7 },
        new("node-2", "eth0", Start + 3 * Milli, 40, 60, 5_000, 53_000) { Tunnel = TunnelKind.Vxlan, TunnelId = 7 },
        new("node-2", "veth-cart", Start + 4 * Milli, 22, 31, 3_100, 50_100),
    ];

    [Fact]
    public void One_transfer_seen_at_four_interfaces_is_one_record_with_four_points_and_each_leg()
    {
        var line = Assert.Single(Merged(Transfer));
        Assert.Equal(
            "10.1.0.5:41822 → 10.2.0.6:8080 packets 22/31 bytes 3100/50100 "
            + "[node-1/veth-web, node-1/eth0 vxlan 7, node-2/eth0 vxlan 7, node-2/veth-cart] "
            + "legs [1000000, 2000000, 1000000] uncertain [0, 1, 0]", line);
    }

    [Fact]
    public void Every_point_keeps_its_own_counts_and_times()
    {
        var fields = TestRecords.Line(new RecordView(Emitted(Transfer)[0]));
        foreach (var expected in (string[])
        [
            "connection.points.first=[0, 1000000, 3000000, 4000000]",
            "connection.points.last=[1000000000, 1001000000, 1003000000, 1004000000]",
            "connection.points.packets.toserver=[20, 40, 40, 22]",
            "connection.points.packets.toclient=[30, 60, 60, 31]",
            "connection.points.bytes.toserver=[3000, 5000, 5000, 3100]",
            "connection.points.bytes.toclient=[50000, 53000, 53000, 50100]",
            "connection.nodes=[node-1, node-1, node-2, node-2]", "connection.points.rtt=[0, 0, 0, 0]",
            $"connection.first={Start}", $"connection.last={Start + Second + 4 * Milli}",
        ])
        {
            Assert.Contains(" " + expected, fields, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Counts_are_taken_where_most_payload_was_seen_and_never_added_up()
    {
        // One interface lost half of it; the tunnel's frames are longer, but say no more.
        Sighting[] seen =
        [
            Transfer[0] with { Packets = (10, 15), Bytes = (1_500, 25_000), Payload = (500, 20_000) },
            Transfer[1], Transfer[3],
        ];
        Assert.Contains(" packets 22/31 bytes 3100/50100 ", Assert.Single(Merged(seen)), StringComparison.Ordinal);
    }

    [Fact]
    public void Pieces_of_a_long_flow_are_added_up_at_each_point()
    {
        Sighting[] seen =
        [
            .. Transfer,
            .. Transfer.Select(one => one with
            {
                FirstNanos = one.FirstNanos + 1800 * Second, Packets = (1, 2), Bytes = (100, 200),
            }),
        ];
        var line = Assert.Single(Merged(seen));
        Assert.Contains(" packets 23/33 bytes 3200/50300 [node-1/veth-web, ", line, StringComparison.Ordinal);
        Assert.EndsWith(" legs [1000000, 2000000, 1000000] uncertain [0, 1, 0]", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_used_again_is_another_connection()
    {
        Sighting[] seen =
        [
            .. Transfer.Select(one => one with { FlowId = 1 }),
            .. Transfer.Select(one => one with { FlowId = 2, FirstNanos = one.FirstNanos + Second }),
            // The third was not seen everywhere.
            Transfer[0] with { FlowId = 3, FirstNanos = Start + 2 * Second },
            Transfer[3] with { FlowId = 3, FirstNanos = Start + 2 * Second + 4 * Milli },
        ];
        var lines = Merged(seen);
        Assert.Equal(3, lines.Count);
        Assert.Equal(4, lines[0].Split("node-").Length - 1);
        Assert.Equal(4, lines[1].Split("node-").Length - 1);
        Assert.EndsWith(
            "[node-1/veth-web, node-2/veth-cart] legs [4000000] uncertain [1]", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Starts_too_far_apart_are_two()
    {
        var bound = (long)new MergeOptions().StartsApartMax.TotalNanoseconds;
        Assert.Single(Merged([Transfer[0], Transfer[3] with { FirstNanos = Start + bound }]));
        Assert.Equal(2, Merged([Transfer[0], Transfer[3] with { FirstNanos = Start + bound + 1 }]).Count);
    }

    [Fact]
    public void Who_saw_it_begin_says_who_the_client_is()
    {
        Sighting[] seen =
        [
            Transfer[0] with { IsReversed = true, IsMidstream = true, Packets = (30, 20), Bytes = (50_000, 3_000) },
            Transfer[3] with { FirstNanos = Start + 4 * Milli },
        ];
        Assert.Equal(
            "10.1.0.5:41822 → 10.2.0.6:8080 packets 22/31 bytes 3100/50100 [node-1/veth-web, node-2/veth-cart] "
            + "legs [4000000] uncertain [1]", Assert.Single(Merged(seen)));
        Assert.Contains(
            "connection.points.bytes.toserver=[3000, 3100]", TestRecords.Line(new RecordView(Emitted(seen)[0])),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_nodes_clock_that_is_behind_does_not_turn_the_path_around()
    {
        var web = Peers.Add(new Peer { Kind = PeerKind.Pod, Name = "merge-web", Node = "node-1" });
        var cart = Peers.Add(new Peer { Kind = PeerKind.Pod, Name = "merge-cart", Node = "node-2" });
        var seen = Transfer.Select(one => one with
        {
            FirstNanos = one.Node == "node-2" ? one.FirstNanos - 50 * Milli : one.FirstNanos,
            Peers = (web, cart),
        }).ToArray();
        Assert.EndsWith(
            "[node-1/veth-web, node-1/eth0 vxlan 7, node-2/eth0 vxlan 7, node-2/veth-cart] "
            + "legs [1000000, 0, 1000000] uncertain [0, 1, 0]", Assert.Single(Merged(seen)), StringComparison.Ordinal);
    }

    /// <summary>Random traffic: whatever the order in which records come, the same comes out; each is told once, and no
    /// byte more than some interface saw.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_order_of_arrival_does_not_matter(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var seen = Traffic(random);
            var expected = Emitted([.. seen]);
            for (var shuffle = 0; shuffle < 5; shuffle++)
            {
                var shuffled = seen.ToArray();
                random.Shuffle(shuffled);
                Assert.Equal(expected, Emitted(shuffled));
            }

            var points = expected.Sum(record => Numbers(record, "connection.points.first").Count);
            Assert.Equal(seen.Select(one => (one.FlowId, one.Node, one.Name)).Distinct().Count(), points);
            Assert.All(expected, record => Assert.Contains(
                Number(record, "connection.packets.toserver"), Numbers(record, "connection.points.packets.toserver")));
        }
    }

    private static List<Sighting> Traffic(Random random)
    {
        List<Sighting> seen = [];
        var connections = random.Next(1, 6);
        for (var connection = 0; connection < connections; connection++)
        {
            var begin = Start + connection * random.NextInt64(8 * Second);
            foreach (var one in Transfer)
            {
                if (random.Next(5) == 0) continue;
                var pieces = random.Next(1, 4);
                for (var piece = 0; piece < pieces; piece++)
                {
                    seen.Add(one with
                    {
                        FlowId = (ulong)connection,
                        FirstNanos = one.FirstNanos - Start + begin + piece * 1800 * Second,
                        Packets = ((ulong)random.Next(1, 50), (ulong)random.Next(1, 50)),
                        IsReversed = random.Next(6) == 0,
                        IsMidstream = random.Next(3) == 0,
                    });
                }
            }
        }

        // The pieces of one flow agree on who is the client.
        return [.. seen.Select(one => one with
        {
            IsReversed = seen.First(other => (other.FlowId, other.Node, other.Name)
                == (one.FlowId, one.Node, one.Name)).IsReversed,
        })];
    }

    [Fact]
    public void What_finds_no_room_is_counted()
    {
        var merge = new ConnectionMerge(new MergeOptions { HeldMax = 3 });
        var taken = 0;
        foreach (var record in new RecordWalker(Records(Transfer))) taken += merge.Add(record) ? 1 : 0;
        Assert.Equal((3, 3, 1L), (taken, merge.Held, merge.Refused));
        var sink = TestRecords.NewSink();
        merge.Finish(sink);
        Assert.Equal((1, 0), (sink.Count, merge.Held));
    }

    [Fact]
    public void A_follower_gets_connections_when_they_have_waited_long_enough()
    {
        var (merge, sink) = (new LiveMerge(), TestRecords.NewSink());
        var now = Start + 60 * Second;
        foreach (var record in new RecordWalker(Records(Transfer)))
        {
            Assert.True(merge.Add(record, now, sink));
            merge.Advance(now, sink);
            now += 400 * Milli;
        }

        Assert.Equal((0, 4), (sink.Count, merge.Held));
        merge.Advance(now + 399 * Milli, sink);
        Assert.Equal(0, sink.Count);
        merge.Advance(now + 400 * Milli, sink);
        Assert.Equal((1, 0), (sink.Count, merge.Held));
        Assert.Equal(Merged(Transfer), Lines(sink));
    }

    [Fact]
    public void A_follower_holds_no_more_than_its_bound()
    {
        var (merge, sink) = (new LiveMerge(new MergeOptions { HeldMax = 10 }), TestRecords.NewSink());
        for (var flow = 0; flow < 50; flow++)
        {
            var records = Records([Transfer[0] with { ClientPort = (ushort)(1000 + flow) }]);
            merge.Add(new RecordView(records), Start, sink);
            Assert.True(merge.Held <= 10);
        }

        merge.Finish(sink);
        Assert.Equal((50, 0, 40L), (sink.Count, merge.Held, merge.Hurried));
    }

    internal static List<string> Merged(Sighting[] seen)
    {
        var (merge, sink) = (new ConnectionMerge(), TestRecords.NewSink());
        foreach (var record in new RecordWalker(Records(seen))) Assert.True(merge.Add(record));
        merge.Finish(sink);
        return Lines(sink);
    }

    internal static List<byte[]> Emitted(Sighting[] seen)
    {
        var (merge, sink) = (new ConnectionMerge(), TestRecords.NewSink());
        foreach (var record in new RecordWalker(Records(seen))) Assert.True(merge.Add(record));
        merge.Finish(sink);
        List<byte[]> records = [];
        for (var rest = sink.Bytes; !rest.IsEmpty; rest = rest[records[^1].Length..])
        {
            records.Add(rest[..BitConverter.ToInt32(rest)].ToArray());
        }

        return records;
    }

    internal static List<string> Lines(RecordSink sink)
    {
        List<string> lines = [];
        foreach (var record in new RecordWalker(sink.Bytes))
        {
            ref readonly var head = ref record.Header;
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{head.Client}:{head.ClientPort} → {head.Server}:{head.ServerPort} packets "
                + $"{Show(record, "packets.toserver")}/{Show(record, "packets.toclient")} bytes "
                + $"{Show(record, "bytes.toserver")}/{Show(record, "bytes.toclient")} {Show(record, "points")} "
                + $"legs {Show(record, "legs")} uncertain {Show(record, "legs.uncertain")}"));
        }

        return lines;
    }

    private static string Show(RecordView record, string name) =>
        record.TryGet("connection." + name, out var value) ? TestRecords.Show(value) : "-";

    private static ulong Number(byte[] record, string name) =>
        new RecordView(record).TryGet(name, out var value) ? value.Number : 0;

    private static List<ulong> Numbers(byte[] record, string name)
    {
        List<ulong> numbers = [];
        if (!new RecordView(record).TryGet(name, out var value)) return numbers;
        for (var index = 0; index < value.NumbersCount; index++) numbers.Add(value.NumberAt(index));
        return numbers;
    }

    internal static byte[] Records(Sighting[] seen)
    {
        var sink = TestRecords.NewSink();
        foreach (var one in seen) one.Emit(sink);
        return sink.Bytes.ToArray();
    }
}
