using NetSniff.Sensor.Capture;

namespace NetSniff.Tests.Capture;

/// <summary>How frames are taken may change while they come.</summary>
[Collection("network")]
public sealed class HotChangeTests
{
    public static TheoryData<string> Backends => [.. Captures.LiveNames];

    [Theory]
    [MemberData(nameof(Backends))]
    public void Another_filter_loses_nothing_that_both_let_pass(string backend)
    {
        const int Changes = 50, Each = 40;
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        // Each lets port 9 pass; every third is one that the kernel cannot run, for it asks for a tag.
        string[] texts = ["udp port 9", "udp", "udp port 9 or vlan 7"];
        var filters = texts.Select(TestNetwork.Filter).ToArray();
        using var capture = TestNetwork.OpenOne(backend, network.Options with { Filter = filters[0] });
        var taken = new List<CapturedFrame>();
        for (var change = 0; change < Changes; change++)
        {
            capture.Change(network.Options with { Filter = filters[change % 3] });
            for (var number = 0; number < Each; number++) sender.Send(PacketSender.Udp(change * Each + number));
            CapturedFrames.TakeSome(capture, taken);
        }

        var end = Environment.TickCount64 + (long)TestNetwork.Patience.TotalMilliseconds;
        while (taken.Count < Changes * Each && Environment.TickCount64 < end) CapturedFrames.TakeSome(capture, taken);

        Assert.Equal(Enumerable.Range(0, Changes * Each), taken.Select(static frame => frame.Number));
        capture.Stop();
        CapturedFrames.ReadToEnd(capture);
        CapturedFrames.AssertBalanced(capture);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void What_is_left_out_by_the_new_one_does_not_come(string backend)
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        using var capture = TestNetwork.OpenOne(backend, network.Filtered("udp port 9"));
        var taken = new List<CapturedFrame>();
        Assert.Equal([1], Send(1));
        capture.Change(network.Filtered("udp port 10"));
        CapturedFrames.TakeSome(capture, taken); // libpcap changes with its next batch
        Assert.Empty(Send(2));
        capture.Change(network.Options with { Filter = CaptureFilter.Nothing });
        CapturedFrames.TakeSome(capture, taken);
        Assert.Empty(Send(3));
        capture.Change(network.Options with { Filter = TestNetwork.Filter("udp"), SnapLengthMax = 64 });
        CapturedFrames.TakeSome(capture, taken);
        Assert.Equal([4], Send(4));
        Assert.Equal((64, 100), (taken[^1].Frame.CapturedLength, taken[^1].Frame.WireLength));

        List<int> Send(int number)
        {
            var before = taken.Count;
            sender.Send(PacketSender.Udp(number));
            for (var round = 0; round < 3 && taken.Count == before; round++) CapturedFrames.TakeSome(capture, taken);
            return [.. taken.Skip(before).Select(static frame => frame.Number)];
        }
    }

    [Fact]
    public void Interfaces_and_directions_are_chosen_while_it_runs()
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        using var back = network.FromFar();
        var options = network.Options with
        {
            Interfaces = [LiveOptions.AnyInterface], Filter = TestNetwork.Filter("udp port 9"),
        };
        using var capture = TestNetwork.OpenOne("af-packet", options);
        var taken = new List<CapturedFrame>();
        Assert.Equal([1, 2], Both(1, 2));
        capture.Change(options with { Choice = new InterfaceChoice([], ["/^f.r$/"]) });
        Assert.Empty(Both(3, 4));
        capture.Change(options with { Choice = new InterfaceChoice([TestNetwork.Far], []) });
        Assert.Equal([5, 6], Both(5, 6));
        capture.Change(options with { Direction = CaptureDirection.In });
        Assert.Equal([7], Both(7, 8));
        capture.Change(options with { Direction = CaptureDirection.Out });
        Assert.Equal([10], Both(9, 10));
        capture.Change(options);
        Assert.Equal([11, 12], Both(11, 12));
        capture.Stop();
        CapturedFrames.ReadToEnd(capture);
        CapturedFrames.AssertBalanced(capture);

        List<int> Both(int inwards, int outwards)
        {
            var before = taken.Count;
            sender.Send(PacketSender.Udp(inwards));
            back.Send(PacketSender.Udp(outwards));
            for (var round = 0; round < 3 && taken.Count < before + 2; round++)
            {
                CapturedFrames.TakeSome(capture, taken);
            }

            return [.. taken.Skip(before).Select(static frame => frame.Number).Order()];
        }
    }
}
