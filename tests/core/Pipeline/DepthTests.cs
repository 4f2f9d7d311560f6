using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Tests.Pipeline;

/// <summary>Less depth costs what it says and nothing else; with depth again, reading goes on.</summary>
public sealed class DepthTests
{
    private const TcpFlags Ack = TcpFlags.Ack, Fin = TcpFlags.Fin;
    private const string Get = "GET /a HTTP/1.1\r\nHost: shop\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    private static readonly ShardDepth s_headers = new(DepthRung.HeadersOnly);
    private static readonly ShardDepth s_flows = new(DepthRung.FlowsOnly);

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Whatever_the_depth_every_packet_is_in_its_flow(int seed)
    {
        var random = new Random(seed);
        var frames = new SmallTrace(conversations: 200).From(1_700_000_000_000_000_000);
        var expected = Counts(frames, _ => ShardDepth.Full, out var ledger);
        Assert.Empty(ledger);

        ShardDepth Any(int _) => new((DepthRung)random.Next(4), 1 << random.Next(4));
        Assert.Equal(expected, Counts(frames, Any, out ledger));
        Assert.Contains("payload bytes not read", ledger.Keys);
    }

    /// <summary>Packets and bytes both ways by client port and protocol.</summary>
    private static SortedDictionary<(byte, ushort), (ulong, ulong, ulong, ulong)> Counts(
        Frame[] frames, Func<int, ShardDepth> depthOf, out Dictionary<string, long> ledger)
    {
        var flows = new FlowSums();
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, flows);
        for (var start = 0; start < frames.Length; start += 7)
        {
            shard.Depth = depthOf(start);
            shard.Run(frames.AsSpan(start, Math.Min(7, frames.Length - start)));
        }

        shard.Finish();
        ledger = shard.Ledger().Where(line => line.Stage == "depth" && line.Count > 0)
            .ToDictionary(line => line.Reason, line => line.Count);
        return flows.Sums;
    }

    [Fact]
    public void A_connection_given_up_is_read_on_when_there_is_depth_again()
    {
        using var wire = new Wire();
        wire.Handshake().Tcp('>', Ack, 101, 501, Get);
        wire.Shard.Depth = s_headers;
        wire.Tcp('<', Ack, 501, 101 + Length(Get), Ok).Tcp('>', Ack, 101 + Length(Get), 501 + Length(Ok), Get);
        wire.Shard.Depth = ShardDepth.Full;
        wire.Tcp('<', Ack, 501 + Length(Ok), 101 + 2 * Length(Get), Ok)
            .Tcp('>', Ack, 101 + 2 * Length(Get), 501 + 2 * Length(Ok), Get.Replace("/a", "/b"))
            .Tcp('<', Ack, 501 + 2 * Length(Ok), 101 + 3 * Length(Get), Ok);
        var records = wire.Finish();
        var requests = records.Where(line => line.StartsWith("http ", StringComparison.Ordinal)).ToList();
        Assert.Contains("http.uri=/a", requests[0]);
        Assert.DoesNotContain("http.status", requests[0]);
        Assert.Contains(requests, line => line.Contains("http.uri=/b") && line.Contains("http.status=200"));
        Assert.Contains("flow.unread=2", records[^1]);
        Assert.Contains("flow.tcp.retransmitted.toserver=0", records[^1]);

        var ledger = wire.Shard.Ledger().Where(line => line.Stage == "depth").ToDictionary(line => line.Reason);
        Assert.Equal(1, ledger["connections given up on the way down"].Count);
        Assert.Equal(1, ledger["flows read by headers only"].Count);
        Assert.Equal(Ok.Length + Get.Length, ledger["payload bytes not read"].Count);
    }

    [Fact]
    public void Headers_still_tell_what_TCP_suffers_and_flows_alone_do_not()
    {
        Assert.Contains("flow.tcp.retransmitted.toserver=1", Flow(s_headers));
        var flow = Flow(s_flows);
        Assert.Contains("flow.tcp.retransmitted.toserver=0", flow);
        Assert.Contains("flow.unread=3", flow);
        Assert.Contains("flow.end=1", flow); // finished
        Assert.Contains("flow.packets.toserver=5", flow);
        Assert.Contains("flow.tcp.rtt=", flow);

        static string Flow(ShardDepth depth)
        {
            using var wire = new Wire();
            wire.Shard.Depth = depth;
            return wire.Handshake().Tcp('>', Ack, 101, 501, Get).Tcp('>', Ack, 101, 501, Get)
                .Tcp('<', Ack | Fin, 501, 101 + Length(Get)).Tcp('>', Ack | Fin, 101 + Length(Get), 502)
                .Tcp('<', Ack, 502, 102 + Length(Get)).Finish().Single();
        }
    }

    [Fact]
    public void Sequence_numbers_are_learnt_anew_after_flows_alone()
    {
        using var wire = new Wire();
        wire.Handshake().Tcp('>', Ack, 101, 501, Get);
        wire.Shard.Depth = s_flows;
        for (var turn = 0u; turn < 50; turn++) wire.Tcp('>', Ack, 101 + (turn + 1) * Length(Get), 501, Get);
        wire.Shard.Depth = ShardDepth.Full;
        var next = 101 + 51 * Length(Get);
        var records = wire.Tcp('>', Ack, next, 501, Get.Replace("/a", "/z")).Finish();
        Assert.Contains(records, line => line.Contains("http.uri=/z"));
        Assert.Contains("flow.tcp.gaps.toserver=0", records[^1]);
        Assert.Contains("flow.tcp.outoforder.toserver=0", records[^1]);
    }

    [Fact]
    public void Datagrams_of_a_known_protocol_are_left_and_taken_up_again()
    {
        using var wire = new Wire();
        wire.Udp('>', Question(1));
        wire.Shard.Depth = s_flows;
        wire.Udp('>', Question(2));
        wire.Shard.Depth = ShardDepth.Full;
        var records = wire.Udp('>', Question(3)).Finish();
        Assert.Equal(2, records.Count(line => line.StartsWith("dns ", StringComparison.Ordinal)));
        Assert.Contains("flow.unread=3", records.Single(line => line.StartsWith("flow ", StringComparison.Ordinal)));
    }

    /// <summary>Only what waits for something is given up, and either way the flow knows how far it had come.</summary>
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void Exchanges_are_counted_on_behind_less_depth(bool isWaiting, int givenUp)
    {
        using var wire = new Wire();
        wire.Udp('>', Question(1)).Udp('<', Answer(1)).Udp('>', Question(2)).Udp('<', Answer(2));
        if (isWaiting) wire.Udp('>', Question(3));
        wire.Shard.Depth = s_flows;
        wire.Udp('>', Question(4)).Udp('<', Answer(4));
        Assert.Equal(givenUp, wire.Shard.Counters.ConversationsGivenUp);

        wire.Shard.Depth = ShardDepth.Full;
        var records = wire.Udp('>', Question(5)).Udp('<', Answer(5)).Finish();
        var exchanges = records.Where(line => line.StartsWith("dns ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3 + givenUp, exchanges.Count);
        for (var number = 0; number < exchanges.Count; number++)
        {
            Assert.Contains($"dns.exchange={number}", exchanges[number]);
        }
    }

    private static byte[] Question(byte id) =>
        [0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 0, 0, 1, 0, 1];

    private static byte[] Answer(byte id) =>
        [0, id, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 0, 0, 1, 0, 1];

    [Fact]
    public void A_sample_is_the_same_both_ways_and_holds_every_smaller_one()
    {
        var random = new Random(5);
        var (inFour, inSixteen) = (0, 0);
        const int Flows = 20_000;
        for (var number = 0; number < Flows; number++)
        {
            var (client, server) = (Any(random), Any(random));
            var (clientPort, serverPort) = ((ushort)random.Next(65536), (ushort)random.Next(65536));
            var point = FlowSample.PointOf(client, clientPort, server, serverPort, IpProtocol.Tcp);
            Assert.Equal(point, FlowSample.PointOf(server, serverPort, client, clientPort, IpProtocol.Tcp));
            if (point < FlowSample.Threshold(4)) inFour++;
            if (point >= FlowSample.Threshold(16)) continue;

            inSixteen++;
            Assert.True(point < FlowSample.Threshold(4));
        }

        Assert.InRange(inFour, Flows / 4 * 0.95, Flows / 4 * 1.05);
        Assert.InRange(inSixteen, Flows / 16 * 0.9, Flows / 16 * 1.1);
        Assert.Equal(1ul << 32, FlowSample.Threshold(1));

        static Address Any(Random random) => Address.FromV4((uint)random.NextInt64(1L << 32));
    }

    [Fact]
    public void In_a_sample_flows_are_read_whole_or_not_at_all()
    {
        var kinds = new KindCounts();
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, kinds)
        {
            Depth = new ShardDepth(DepthRung.SampledFlows, OneIn: 4),
        };
        var trace = new SmallTrace(conversations: 200);
        shard.Run(trace.From(1_700_000_000_000_000_000));
        shard.Finish();
        Assert.Equal(400, kinds.Of("flow"));
        Assert.InRange(kinds.Of("http"), 200 / 4 * 0.6, 200 / 4 * 1.4);
        Assert.Equal(0, kinds.Partial);
        var read = kinds.Of("http") + kinds.Of("dns");
        var left = shard.Ledger().Single(line => line is { Stage: "depth", Reason: "flows not in the sample" }).Count;
        Assert.Equal(400, read + left);
    }

    [Fact]
    public void Less_depth_allocates_nothing()
    {
        var trace = new SmallTrace(conversations: 100);
        using var shard = new Shard(new ShardOptions(), new KindCounts());
        var frames = trace.From(1_700_000_000_000_000_000);
        foreach (var rung in Enum.GetValues<DepthRung>())
        {
            shard.Depth = new ShardDepth(rung, 4);
            shard.Run(frames);
            Assert.Equal(0, Allocations.Least(() => shard.Run(frames)));
        }
    }

    private static uint Length(string text) => (uint)text.Length;

    private sealed class FlowSums : RecordConsumer
    {
        public SortedDictionary<(byte, ushort), (ulong, ulong, ulong, ulong)> Sums { get; } = [];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                if (!record.TryGet("flow.packets.toserver", out var toServer)) continue;

                record.TryGet("flow.packets.toclient", out var toClient);
                record.TryGet("flow.bytes.toserver", out var bytesToServer);
                record.TryGet("flow.bytes.toclient", out var bytesToClient);
                var key = (record.Header.Protocol, record.Header.ClientPort);
                var (a, b, c, d) = Sums.GetValueOrDefault(key);
                Sums[key] = (a + toServer.Number, b + toClient.Number, c + bytesToServer.Number,
                    d + bytesToClient.Number);
            }
        }
    }

    private sealed class KindCounts : RecordConsumer
    {
        private readonly int[] _counts = new int[64];

        public int Partial { get; private set; }

        public int Of(string kind) => _counts[RecordKinds.All.Single(schema => schema.Info.Name == kind).Id];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                _counts[record.Header.Kind]++;
                if ((record.Header.Traits & RecordTraits.Partial) != 0) Partial++;
            }
        }
    }
}
