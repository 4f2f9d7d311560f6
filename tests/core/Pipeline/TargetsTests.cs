using NetSniff.Config;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols;
using NetSniff.Records;
using NetSniff.Tests.Packets;

namespace NetSniff.Tests.Pipeline;

/// <summary>What is nobody's is counted and leaves no trace; what becomes somebody's is read from there on.</summary>
public sealed class TargetsTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: shop\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    private static readonly FlowTargets s_nobody = new([], [], false, [], []);
    private static readonly FlowTargets s_client = new([Address.FromBytes(FrameBytes.Client)], [], false, [], []);

    [Fact]
    public void Nothing_of_it_is_told_and_the_balance_holds()
    {
        using var wire = new Wire(new ShardOptions { FlowsMax = 4096, KeepsFrameApps = true });
        wire.Shard.Targets = s_nobody;
        wire.Handshake().Tcp('>', TcpFlags.Ack, 101, 501, Get);
        Assert.Equal(Apps.Untargeted, wire.Shard.FrameApps[0]);
        Assert.Equal((0, 0L), (wire.Shard.FlowsLive, wire.Shard.BytesHeld));
        Assert.Empty(wire.Finish());
        AssertBalance(wire.Shard, untargeted: 4);
    }

    [Fact]
    public void One_end_is_enough()
    {
        using var wire = new Wire();
        wire.Shard.Targets = s_client;
        wire.Handshake().Tcp('>', TcpFlags.Ack, 101, 501, Get).Tcp('<', TcpFlags.Ack, 501, 130, Ok);
        Assert.Contains(wire.Finish(), static line => line.Contains("http.uri=/a"));
        AssertBalance(wire.Shard, untargeted: 0);
    }

    [Fact]
    public void A_flow_that_is_wanted_no_more_tells_what_it_had_and_nothing_of_what_comes()
    {
        using var wire = new Wire();
        wire.Handshake().Tcp('>', TcpFlags.Ack, 101, 501, Get);
        wire.Shard.Targets = s_nobody;
        Assert.Empty(wire.Records); // with its next packet, not before
        wire.Tcp('<', TcpFlags.Ack, 501, 130, Ok);
        var records = wire.Records.ToList();
        Assert.Contains(records, static line => line.StartsWith("http ", StringComparison.Ordinal)
            && !line.Contains("http.status"));
        Assert.Contains("flow.packets.toserver=3", records[^1]);
        Assert.Equal(0, wire.Shard.BytesHeld);

        wire.Tcp('<', TcpFlags.Ack, 550, 130, Ok).Wait(TimeSpan.FromHours(2));
        Assert.Equal(records, wire.Finish());
        AssertBalance(wire.Shard, untargeted: 2);
        Assert.Equal(0, wire.Shard.FlowsLive);
        Assert.Equal(wire.Shard.Counters.FlowsStarted, wire.Shard.Counters.FlowsEnded);
    }

    [Fact]
    public void Wanted_again_it_is_another_flow_that_is_read_from_there_on()
    {
        using var wire = new Wire();
        wire.Handshake();
        wire.Shard.Targets = s_nobody;
        wire.Tcp('>', TcpFlags.Ack, 101, 501, Get);
        wire.Shard.Targets = s_client;
        wire.Tcp('>', TcpFlags.Ack, 131, 501, Get.Replace("/a", "/b")).Tcp('<', TcpFlags.Ack, 501, 162, Ok);
        var records = wire.Finish();
        Assert.DoesNotContain(records, static line => line.Contains("http.uri=/a"));
        Assert.Contains(records, static line => line.Contains("http.uri=/b") && line.Contains("http.status=200"));
        var flows = records.Where(static line => line.StartsWith("flow ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, flows.Count);
        Assert.DoesNotContain(flows, static line => line.Contains("flow.tcp.gaps.toserver=1"));
        Assert.Equal(wire.Shard.Counters.FlowsStarted, wire.Shard.Counters.FlowsEnded);
        AssertBalance(wire.Shard, untargeted: 1);
    }

    [Fact]
    public void Other_targets_that_want_it_too_change_nothing()
    {
        using var wire = new Wire();
        wire.Handshake();
        // More often than there are epochs.
        for (var change = 0; change < 600; change++)
        {
            wire.Shard.Targets = new FlowTargets([Address.FromBytes(FrameBytes.Client)], [], false, [], []);
            wire.Tcp('>', TcpFlags.Ack, 101, 501);
        }

        wire.Shard.Targets = null;
        wire.Tcp('>', TcpFlags.Ack, 101, 501, Get).Tcp('<', TcpFlags.Ack, 501, 130, Ok);
        var records = wire.Finish();
        Assert.Equal(2, records.Count);
        Assert.Contains("flow.packets.toserver=603", records[^1]);
    }

    [Fact]
    public void A_flow_that_sleeps_through_all_epochs_is_judged_when_it_wakes()
    {
        using var wire = new Wire();
        wire.Shard.Targets = s_client;
        wire.Handshake();
        for (var change = 0; change < 255; change++) wire.Shard.Targets = new FlowTargets([], [], false, [], []);
        wire.Tcp('>', TcpFlags.Ack, 101, 501, Get);
        Assert.DoesNotContain(wire.Finish(), static line => line.StartsWith("http ", StringComparison.Ordinal));
    }

    [Fact]
    public void Pieces_and_what_is_no_IP_are_nobodys_too()
    {
        using var wire = new Wire(new ShardOptions { FlowsMax = 4096, KeepsFrameApps = true });
        wire.Shard.Targets = s_nobody;
        var datagram = FrameBytes.Ipv4(17, FrameBytes.Udp(new byte[64], 1, 2));
        (datagram[6], datagram[7]) = (0x20, 0); // more pieces follow
        wire.Run(datagram);
        Assert.Equal(Apps.Untargeted, wire.Shard.FrameApps[0]);
        wire.Run([0]);
        Assert.Equal(Apps.Untargeted, wire.Shard.FrameApps[0]);
        Assert.Empty(wire.Finish());
        Assert.Equal(1, wire.Shard.Counters.PacketsUntargeted);
    }

    [Fact]
    public void Judging_allocates_nothing()
    {
        var trace = new SmallTrace(conversations: 100);
        using var shard = new Shard(new ShardOptions(), new Nobody());
        FlowTargets[] sets = [s_nobody, new(null, [Network.Of(Address.FromBytes([11, 0, 0, 0]), 8)], true, [], [])];
        long start = 1_700_000_000_000_000_000;
        var rounds = new Queue<Frame[]>();
        for (var round = 0; round < 12; round++) rounds.Enqueue(trace.From(start += 7_200L * 1_000_000_000));
        shard.Run(rounds.Dequeue());
        var turn = 0;
        var least = Allocations.Least(() =>
        {
            shard.Targets = sets[turn++ % 2];
            shard.Run(rounds.Dequeue());
        });
        shard.Finish();
        Assert.Equal(0, least);
        Assert.True(shard.Counters.PacketsUntargeted > 0);
    }

    /// <summary>Everything that came in is in a flow, or somewhere else by name.</summary>
    private static void AssertBalance(Shard shard, long untargeted)
    {
        var decode = shard.Ledger().Where(static line => line.Stage == "decode").ToDictionary(
            static line => line.Reason, static line => line.Count);
        Assert.Equal(untargeted, decode["of no target"]);
        Assert.Equal(
            decode["in"],
            decode["in a flow"] + decode["of no target"] + decode["not IP"] + decode["truncated"]
            + decode["malformed"]);
    }

    private sealed class Nobody : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
        }
    }
}
