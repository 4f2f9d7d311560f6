using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.AfPacket;

namespace NetSniff.Tests.Capture.AfPacket;

[Collection("network")]
public sealed class AfPacketCaptureTests
{
    private const string Backend = "af-packet";

    [Fact]
    public void Rings_share_the_frames_and_both_directions_of_a_flow_go_to_the_same()
    {
        const int Flows = 64, PacketsPerDirection = 10;
        using var network = new TestNetwork();
        using var near = network.FromNear();
        using var far = network.FromFar();
        var options = network.Options with { Rings = 2, Filter = TestNetwork.Filter("udp port 9") };
        var captures = TestNetwork.Open(Backend, options);
        Assert.Equal(2, captures.Count);
        for (var number = 0; number < PacketsPerDirection; number++)
        {
            for (var flow = 0; flow < Flows; flow++)
            {
                near.Send(PacketSender.Udp(number, sourcePort: 4000 + flow));
                far.Send(PacketSender.Udp(number, sourcePort: 4000 + flow, isBack: true));
            }
        }

        TestNetwork.AwaitOffered(captures, near.Sent + far.Sent);
        var rings = captures.Select(CapturedFrames.Drain).ToList();

        Assert.Equal(2 * Flows * PacketsPerDirection, rings.Sum(ring => ring.Count));
        var flows = rings.Select(ring => ring.Select(FlowOf).ToHashSet()).ToList();
        Assert.Empty(flows[0].Intersect(flows[1]));
        Assert.Equal(Flows, flows[0].Count + flows[1].Count);
        Assert.All(captures, CapturedFrames.AssertBalanced);
        foreach (var capture in captures) capture.Dispose();
    }

    [Fact]
    public void Frames_that_find_no_room_are_counted_to_the_last()
    {
        const int Count = 3_000;
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        var options = network.Options with
        {
            RingMebibytes = 1,
            BlockBytes = 128 << 10,
            Filter = TestNetwork.Filter("udp port 9"),
        };
        using var capture = TestNetwork.OpenOne(Backend, options);
        sender.SendMany(Count, bytes: 1_000);
        TestNetwork.AwaitOffered([capture], Count - network.LostBetween());

        var frames = CapturedFrames.Drain(capture);

        var counters = capture.Counters;
        Assert.Equal(Count - network.LostBetween(), counters.Offered);
        Assert.InRange(frames.Count, 500, Count - 1);
        Assert.Equal(counters.Offered - frames.Count, counters.Lost);
        Assert.Equal(counters.Lost, counters.Drops.Single(drop => drop.Reason == "ring-full").Count);
        Assert.True(counters.Freezes > 0);
        CapturedFrames.AssertBalanced(capture);
    }

    [Fact]
    public void The_card_is_promiscuous_only_while_that_is_asked_for()
    {
        using var network = new TestNetwork();
        string Shown() => network.FarSpace.Ip($"-d link show dev {TestNetwork.Far}");

        using (TestNetwork.OpenOne(Backend, network.Options)) Assert.Contains("promiscuity 1", Shown());
        Assert.Contains("promiscuity 0", Shown());
        using (TestNetwork.OpenOne(Backend, network.Options with { IsPromiscuous = false }))
        {
            Assert.Contains("promiscuity 0", Shown());
        }
    }

    [Fact]
    public void Not_promiscuous_means_only_frames_for_this_machine()
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        var options = network.Options with { IsPromiscuous = false, Filter = TestNetwork.Filter("udp port 9") };
        using var capture = TestNetwork.OpenOne(Backend, options);
        sender.Send(PacketSender.Udp(0));
        sender.Send(PacketSender.Udp(1, targetMac: TestNetwork.FarMac));
        TestNetwork.AwaitOffered([capture], 2);

        Assert.Equal([1], CapturedFrames.Drain(capture).Select(frame => frame.Number));
        Assert.Equal(1, capture.Counters.Filtered);
        CapturedFrames.AssertBalanced(capture);
    }

    [Fact]
    public void Capture_goes_on_when_an_interface_is_up_again()
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        using var capture = TestNetwork.OpenOne(Backend, network.Filtered("udp port 9"));
        var taken = new List<CapturedFrame>();
        network.FarSpace.Ip($"link set {TestNetwork.Far} down");
        TestNetwork.Await(
            () => CapturedFrames.TakeSome(capture, taken) && capture.Problem is not null, () => "it is not told");
        Assert.Equal("the interface far is down: capture goes on when it is up again", capture.Problem!.Text);

        network.FarSpace.Ip($"link set {TestNetwork.Far} up");
        TestNetwork.AwaitUp(network.FarSpace, TestNetwork.Far);
        TestNetwork.AwaitUp(network.NearSpace, TestNetwork.Near);
        sender.Send(PacketSender.Udp(5));
        TestNetwork.Await(() => CapturedFrames.TakeSome(capture, taken) && taken.Count > 0, () => "nothing came");

        Assert.Equal(5, taken[0].Number);
        Assert.Null(capture.Problem);
    }

    [Fact]
    public void All_interfaces_include_those_that_come_later()
    {
        using var network = new TestNetwork();
        var options = network.Filtered("udp port 9") with { Interfaces = [LiveOptions.AnyInterface], Rings = 2 };
        var captures = TestNetwork.Open(Backend, options);
        Assert.Equal([TestNetwork.Far, "lo"], captures[1].Interfaces.Select(known => known.Name));
        network.FarSpace.Ip("link add late1 type veth peer name late2");
        network.FarSpace.Ip("link set late1 up");
        network.FarSpace.Ip("link set late2 up");
        TestNetwork.AwaitUp(network.FarSpace, "late1");
        TestNetwork.AwaitUp(network.FarSpace, "late2");
        using var sender = new PacketSender(network.FarSpace, "late1");
        for (var flow = 0; flow < 20; flow++) sender.Send(PacketSender.Udp(flow, sourcePort: 4000 + flow));
        TestNetwork.AwaitOffered(captures, 40);

        var frames = captures.SelectMany(CapturedFrames.Drain).ToList();

        // Out of one end and into the other: whichever thread met them first, both know them by the same places.
        var names = frames.GroupBy(frame => captures[0].Interfaces[frame.Frame.Interface].Name)
            .Select(group => (group.Key, group.Count())).Order();
        Assert.Equal([("late1", 20), ("late2", 20)], names);
        Assert.Same(captures[0].Interfaces, captures[1].Interfaces);
        foreach (var capture in captures) capture.Dispose();
    }

    [Fact]
    public void Links_without_a_header_begin_at_their_network()
    {
        using var network = new TestNetwork();
        using var tunnel = TunDevice.Open(network.FarSpace, "bare");
        network.FarSpace.Ip("addr add 10.8.0.1/24 dev bare");
        network.FarSpace.Ip("link set bare up");
        foreach (var name in (string[])["bare", LiveOptions.AnyInterface])
        {
            var options = network.Options with { Interfaces = [name], Filter = TestNetwork.Filter("udp port 5001") };
            using var capture = TestNetwork.OpenOne(Backend, options);
            using var socket = network.FarSpace.Run(() => new System.Net.Sockets.UdpClient("10.8.0.2", 5001));
            var taken = new List<CapturedFrame>();
            TestNetwork.Await(
                () =>
                {
                    // Nothing goes out for a moment after it came up.
                    network.FarSpace.Run(() => socket.Send([1, 2, 3]));
                    return CapturedFrames.TakeSome(capture, taken) && taken.Count > 0;
                },
                () => "nothing came");
            var frame = taken[0];

            Assert.Equal((LinkType.Raw, 31), (frame.Frame.LinkType, frame.Frame.CapturedLength));
            Assert.Equal(0x45, frame.Bytes[0]);
            Assert.Equal("bare", capture.Interfaces[frame.Frame.Interface].Name);
        }
    }

    [Fact]
    public void Flows_count_what_was_on_the_wire_whatever_the_snap_length()
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        var options = network.Options with { SnapLengthMax = 64, Filter = TestNetwork.Filter("udp port 9") };
        using var capture = TestNetwork.OpenOne(Backend, options);
        sender.SendMany(10, bytes: 1_000);
        TestNetwork.AwaitOffered([capture], 10);
        capture.Stop();
        var lines = new Lines();
        using var shard = new Shard(new ShardOptions(), lines);
        var frames = new Frame[64];
        for (int count; (count = capture.Receive(frames, TimeSpan.FromSeconds(1))) >= 0; capture.Release())
        {
            shard.Run(frames.AsSpan(0, count));
        }

        shard.Finish();
        Assert.Contains("flow.bytes.toserver=10000", Assert.Single(lines.All));
        Assert.Equal(10, shard.Counters.CutBySnap);
    }

    private static int FlowOf(CapturedFrame frame)
    {
        var packet = default(Packet);
        unsafe
        {
            fixed (byte* start = frame.Bytes) PacketDecoder.Decode(frame.Frame with { Data = (nint)start }, ref packet);
        }

        return Math.Max(packet.SourcePort, packet.TargetPort);
    }

    private sealed class Lines : RecordConsumer
    {
        public List<string> All { get; } = [];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records)) All.Add(TestRecords.Line(record));
        }
    }
}
