using NetSniff.Packets;
using NetSniff.Sensor.Capture;

namespace NetSniff.Tests.Capture;

/// <summary>What every backend that captures from interfaces must do, on a real kernel.</summary>
[Collection("network")]
public sealed class LiveBackendTests
{
    private const int Count = 1_000;

    public static TheoryData<string> Backends => [.. Captures.LiveNames];

    [Theory]
    [MemberData(nameof(Backends))]
    public void Every_packet_is_captured_once_in_order_with_the_kernels_time(string backend)
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        using var capture = TestNetwork.OpenOne(backend, network.Filtered("udp port 9"));
        var before = Nanos(DateTime.UtcNow);
        sender.SendMany(Count);
        TestNetwork.AwaitOffered([capture], Count);
        var after = Nanos(DateTime.UtcNow);

        var frames = CapturedFrames.Drain(capture);

        Assert.Equal(Enumerable.Range(0, Count), frames.Select(frame => frame.Number));
        var times = frames.Select(frame => frame.Frame.TimeNanos).ToList();
        Assert.Equal(times.Order(), times);
        // The kernel's clock may read a little coarser than ours.
        var second = 1_000_000_000L;
        Assert.InRange(times[0], before - second, after + second);
        Assert.InRange(times[^1], before - second, after + second);
        Assert.All(frames, frame => Assert.Equal(PacketSender.Udp(frame.Number), frame.Bytes));
        Assert.All(frames, frame => Assert.Equal(LinkType.Ethernet, frame.Frame.LinkType));
        Assert.All(frames, frame => Assert.Equal(0, frame.Frame.Interface));
        Assert.Equal(TestNetwork.Far, Assert.Single(capture.Interfaces).Name);
        Assert.Equal((Count, 0L), (capture.Counters.Received, capture.Counters.Dropped));
        CapturedFrames.AssertBalanced(capture);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_filter_runs_in_the_kernel(string backend)
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        using var capture = TestNetwork.OpenOne(backend, network.Filtered("udp port 5001"));
        sender.SendMany(Count, targetPort: 5000);
        sender.SendMany(7, targetPort: 5001);
        TestNetwork.AwaitOffered([capture], 7);

        var frames = CapturedFrames.Drain(capture);

        Assert.Equal(Enumerable.Range(0, 7), frames.Select(frame => frame.Number));
        // The others never came as far as to be counted.
        Assert.Equal((7L, 7L, 0L), (capture.Counters.Offered, capture.Counters.Received, capture.Counters.Filtered));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_snap_length_cuts_the_frame_and_not_its_length(string backend)
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        var options = network.Options with { SnapLengthMax = 60, Filter = TestNetwork.Filter("udp port 9") };
        using var capture = TestNetwork.OpenOne(backend, options);
        sender.Send(PacketSender.Udp(0, 1_000));
        sender.Send(PacketSender.Udp(1, 50));
        TestNetwork.AwaitOffered([capture], 2);

        var frames = CapturedFrames.Drain(capture);

        Assert.Equal(
            [(60, 1_000), (50, 50)], frames.Select(frame => (frame.Frame.CapturedLength, frame.Frame.WireLength)));
        Assert.Equal(PacketSender.Udp(0, 1_000)[..60], frames[0].Bytes);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_direction_leaves_the_other_out(string backend)
    {
        foreach (var direction in Enum.GetValues<CaptureDirection>())
        {
            using var network = new TestNetwork();
            using var near = network.FromNear();
            using var far = network.FromFar();
            var options = network.Options with { Direction = direction, Filter = TestNetwork.Filter("udp port 9") };
            using var capture = TestNetwork.OpenOne(backend, options);
            near.SendMany(10);
            far.Send(PacketSender.Udp(100, isBack: true));
            // The last shows that all before it were dealt with, whichever way is wanted.
            near.Send(PacketSender.Udp(10));
            far.Send(PacketSender.Udp(101, isBack: true));
            TestNetwork.AwaitOffered([capture], direction switch
            {
                CaptureDirection.Both => 13,
                CaptureDirection.In => 11,
                _ => 2,
            });

            var numbers = CapturedFrames.Drain(capture).Select(frame => frame.Number).ToList();

            IEnumerable<int> incoming = direction == CaptureDirection.Out ? [] : Enumerable.Range(0, 11);
            IEnumerable<int> outgoing = direction == CaptureDirection.In ? [] : [100, 101];
            Assert.Equal(incoming, numbers.Where(number => number < 100));
            Assert.Equal(outgoing, numbers.Where(number => number >= 100));
            CapturedFrames.AssertBalanced(capture);
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Tags_are_whole_again(string backend)
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        // Told by its sender, for tags are where the kernel's filter does not find them.
        using var capture = TestNetwork.OpenOne(backend, network.Filtered("ether src 02:00:00:00:00:00"));
        byte[][] sent =
        [
            PacketSender.Tagged(PacketSender.Udp(0), 0x8100, 0x6005),
            PacketSender.Tagged(PacketSender.Udp(1), 0x88A8, 7),
            PacketSender.Tagged(PacketSender.Tagged(PacketSender.Udp(2), 0x8100, 9), 0x88A8, 8),
            PacketSender.Tagged(PacketSender.Udp(3), 0x8100, 0), // a priority and no network
        ];
        foreach (var frame in sent) sender.Send(frame);
        TestNetwork.AwaitOffered([capture], sent.Length);

        var whole = CapturedFrames.Drain(capture).Select(frame => frame.Whole);

        Assert.Equal(sent.Select(Convert.ToHexString), whole.Select(Convert.ToHexString));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_filter_finds_tags(string backend)
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        using var capture = TestNetwork.OpenOne(backend, network.Filtered("vlan 5 and udp"));
        sender.Send(PacketSender.Tagged(PacketSender.Udp(0), 0x8100, 4));
        sender.Send(PacketSender.Tagged(PacketSender.Udp(1), 0x8100, 5));
        sender.Send(PacketSender.Udp(2));
        sender.Send(PacketSender.Tagged(PacketSender.Udp(3), 0x8100, 5));
        var taken = new List<CapturedFrame>();
        TestNetwork.Await(
            () => CapturedFrames.TakeSome(capture, taken) && taken.Count >= 2, () => $"{taken.Count} of 2 frames came");
        taken.AddRange(CapturedFrames.Drain(capture));

        Assert.Equal([1, 3], taken.Select(frame => PacketSender.NumberOf(frame.Whole.AsSpan(4))));
        CapturedFrames.AssertBalanced(capture);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void What_is_in_the_buffer_at_the_stop_is_still_given_and_nothing_after(string backend)
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        using var capture = TestNetwork.OpenOne(backend, network.Filtered("udp port 9"));
        sender.SendMany(Count);
        TestNetwork.AwaitOffered([capture], Count);
        capture.Stop();
        capture.Stop();
        sender.SendMany(Count);

        Assert.Equal(Count, CapturedFrames.ReadToEnd(capture, batch: 7).Count);
        Assert.Equal(Count, capture.Counters.Received);
        CapturedFrames.AssertBalanced(capture);
        Assert.Equal(-1, capture.Receive(new Frame[1], TimeSpan.Zero));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Loopback_shows_each_packet_once(string backend)
    {
        foreach (var name in (string[])["lo", LiveOptions.AnyInterface])
        {
            using var network = new TestNetwork();
            var options = network.Options with { Interfaces = [name], Filter = TestNetwork.Filter("udp port 5001") };
            using var capture = TestNetwork.OpenOne(backend, options);
            using var socket = network.FarSpace.Run(() => new System.Net.Sockets.UdpClient("127.0.0.1", 5001));
            using var server = network.FarSpace.Run(() => new System.Net.Sockets.UdpClient(5001));
            for (var number = 0; number < 20; number++) network.FarSpace.Run(() => socket.Send([(byte)number]));
            var taken = new List<CapturedFrame>();
            TestNetwork.Await(
                () => CapturedFrames.TakeSome(capture, taken) && taken.Count >= 20, () => $"{taken.Count} of 20 came");
            taken.AddRange(CapturedFrames.Drain(capture));

            Assert.Equal(Enumerable.Range(0, 20), taken.Select(frame => (int)frame.Bytes[^1]));
            CapturedFrames.AssertBalanced(capture);
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void An_interface_that_goes_away_ends_the_capture_with_a_reason(string backend)
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        using var capture = TestNetwork.OpenOne(backend, network.Filtered("udp port 9"));
        sender.SendMany(10);
        TestNetwork.AwaitOffered([capture], 10);
        network.NearSpace.Ip($"link del {TestNetwork.Near}");

        Assert.Equal(Enumerable.Range(0, 10), CapturedFrames.ReadToEnd(capture).Select(frame => frame.Number));
        Assert.Contains(TestNetwork.Far, capture.Problem!.Text);
        CapturedFrames.AssertBalanced(capture);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void An_interface_that_is_not_there_is_told_with_those_that_are(string backend)
    {
        using var network = new TestNetwork();

        var problem = Assert.Throws<CaptureException>(
            () => TestNetwork.Open(backend, network.Options with { Interfaces = ["nowhere"] }));

        Assert.Contains("there is no interface nowhere", problem.Message);
        Assert.Contains(TestNetwork.Far, problem.Message);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Several_interfaces_are_told_apart(string backend)
    {
        using var network = new TestNetwork();
        network.FarSpace.Ip("link add second type veth peer name third");
        network.FarSpace.Ip("link set second up");
        network.FarSpace.Ip("link set third up");
        TestNetwork.AwaitUp(network.FarSpace, "second");
        TestNetwork.AwaitUp(network.FarSpace, "third");
        using var near = network.FromNear();
        using var second = new PacketSender(network.FarSpace, "second");
        var options = network.Options with
        {
            Interfaces = [TestNetwork.Far, "third"],
            Direction = CaptureDirection.In,
            Filter = TestNetwork.Filter("udp port 9"),
        };
        var captures = TestNetwork.Open(backend, options);
        near.Send(PacketSender.Udp(1));
        second.Send(PacketSender.Udp(2));
        TestNetwork.AwaitOffered(captures, 2);

        var frames = captures.SelectMany(CapturedFrames.Drain).OrderBy(frame => frame.Number).ToList();

        Assert.Equal(
            [TestNetwork.Far, "third"], frames.Select(frame => captures[0].Interfaces[frame.Frame.Interface].Name));
        Assert.All(captures, CapturedFrames.AssertBalanced);
        foreach (var capture in captures) capture.Dispose();
    }

    private static long Nanos(DateTime time) => (time - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
