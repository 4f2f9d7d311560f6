using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Tests.Packets;

namespace NetSniff.Tests.Pipeline;

/// <summary>How flows begin, end, are torn and are given up, seen from the records.</summary>
public sealed class ShardTests : IDisposable
{
    private const TcpFlags Ack = TcpFlags.Ack, Syn = TcpFlags.Syn, Fin = TcpFlags.Fin, Rst = TcpFlags.Rst;
    private const string Get = "GET /a HTTP/1.1\r\nHost: shop\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    private readonly Wire _wire = new();

    public void Dispose() => _wire.Dispose();

    [Fact]
    public void A_whole_connection_is_an_exchange_and_a_flow()
    {
        var records = _wire.Handshake().Tcp('>', Ack, 101, 501, Get).Tcp('<', Ack, 501, 101 + Length(Get), Ok)
            .Tcp('>', Fin | Ack, 101 + Length(Get), 501 + Length(Ok))
            .Tcp('<', Fin | Ack, 501 + Length(Ok), 102 + Length(Get))
            .Tcp('>', Ack, 102 + Length(Get), 502 + Length(Ok)).Finish();
        Assert.Collection(
            records,
            http => Has(http, "http ", "http.uri=/a", "http.status=200", "http.response.bytes=2"),
            flow => Has(flow, "flow ", "flow.packets.toserver=5", "flow.packets.toclient=3", "flow.end=1",
                "flow.midstream=false"));
    }

    [Fact]
    public void Segments_out_of_order_are_put_in_order()
    {
        var records = _wire.Handshake().Tcp('>', Ack, 111, 501, Get[10..]).Tcp('>', Ack, 101, 501, Get[..10])
            .Tcp('<', Ack, 501, 101 + Length(Get), Ok).Finish();
        Has(records[0], "http.uri=/a", "http.status=200");
        Has(records[1], "flow.tcp.outoforder.toserver=1", "flow.tcp.gaps.toserver=0");
    }

    [Fact]
    public void A_connection_joined_in_the_middle_is_read_and_says_so()
    {
        var records = _wire.Tcp('>', Ack, 101, 501, Get).Tcp('<', Ack, 501, 101 + Length(Get), Ok).Finish();
        Has(records[0], "http.uri=/a", "http.status=200");
        Has(records[1], "flow.midstream=true");
    }

    [Fact]
    public void A_capture_that_begins_with_the_answer_knows_who_serves()
    {
        var records = _wire.Tcp('<', Syn | Ack, 500, 101).Tcp('>', Ack, 101, 501, Get)
            .Tcp('<', Ack, 501, 101 + Length(Get), Ok).Finish();
        Has(records[0], "http.uri=/a", "http.status=200");
        Has(records[1], "flow.packets.toserver=1", "flow.packets.toclient=2");
    }

    [Fact]
    public void Both_sides_may_open_at_once()
    {
        var records = _wire.Tcp('>', Syn, 100, 0).Tcp('<', Syn, 500, 0).Tcp('>', Syn | Ack, 100, 501)
            .Tcp('<', Syn | Ack, 500, 101).Tcp('>', Ack, 101, 501, Get)
            .Tcp('<', Ack, 501, 101 + Length(Get), Ok).Finish();
        Assert.Equal(2, records.Count);
        Has(records[0], "http.uri=/a", "http.status=200");
    }

    [Fact]
    public void A_reset_ends_the_flow_and_what_was_open()
    {
        var records = _wire.Handshake().Tcp('>', Ack, 101, 501, Get).Tcp('<', Rst, 501, 0)
            .Wait(TimeSpan.FromSeconds(30)).Records;
        Has(records[0], "http.uri=/a");
        Assert.DoesNotContain("http.status", records[0], StringComparison.Ordinal);
        Has(records[1], "flow.end=2");
    }

    [Fact]
    public void A_keep_alive_is_neither_data_nor_sent_again()
    {
        _wire.Handshake().Tcp('>', Ack, 101, 501, Get).Tcp('<', Ack, 501, 101 + Length(Get), Ok);
        for (var count = 0; count < 3; count++) _wire.Tcp('>', Ack, 100 + Length(Get), 501 + Length(Ok), "\0");
        var records = _wire.Tcp('>', Ack, 101 + Length(Get), 501 + Length(Ok), Get)
            .Tcp('<', Ack, 501 + Length(Ok), 101 + 2 * Length(Get), Ok).Finish();
        Assert.Equal(2, records.Count(record => record.StartsWith("http ", StringComparison.Ordinal)));
        Has(records[^1], "flow.tcp.retransmitted.toserver=0");
    }

    [Fact]
    public void The_same_ports_again_are_another_flow()
    {
        _wire.Handshake().Tcp('>', Ack, 101, 501, Get).Tcp('<', Ack, 501, 101 + Length(Get), Ok)
            .Tcp('<', Rst, 501 + Length(Ok));
        var records = _wire.Handshake().Tcp('>', Ack, 101, 501, Get.Replace("/a", "/b"))
            .Tcp('<', Ack, 501, 101 + Length(Get), Ok).Finish();
        Assert.Equal(["http", "flow", "http", "flow"], records.Select(record => record.Split(' ')[0]));
        Has(records[2], "http.uri=/b");
        Has(records[1], "flow.end=2");
    }

    [Fact]
    public void A_hole_that_was_acknowledged_is_given_up()
    {
        const string Body = "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n";
        _wire.Handshake().Tcp('>', Ack, 101, 501, Get).Tcp('<', Ack, 501, 101 + Length(Get), Body);
        var start = 501 + Length(Body);
        _wire.Tcp('<', Ack, start + 100, 101 + Length(Get), new string('x', 200)); // the first hundred are lost
        _wire.Tcp('>', Ack, 101 + Length(Get), start + 300).Wait(TimeSpan.FromMilliseconds(100));
        var records = _wire.Tcp('>', Ack, 101 + Length(Get), start + 300, Get)
            .Tcp('<', Ack, start + 300, 101 + 2 * Length(Get), Ok).Finish();
        Has(records[0], "!Partial", "http.response.bytes=300");
        Has(records[1], "http.uri=/a", "http.status=200", "http.response.bytes=2");
        Has(records[2], "flow.tcp.gaps.toclient=1");
        Assert.Equal((1, 100), (_wire.Shard.Counters.Streams.Gaps, _wire.Shard.Counters.Streams.GapBytes));
    }

    [Fact]
    public void A_busy_flow_is_reported_now_and_then_and_nothing_twice()
    {
        using var wire = new Wire(new ShardOptions { FlowsMax = 4096, ActiveMax = TimeSpan.FromMinutes(1) });
        for (var second = 0; second < 180; second++)
        {
            wire.Wait(TimeSpan.FromSeconds(1)).Udp('>', [1, 2, 3], serverPort: 9999);
        }

        var flows = wire.Finish();
        Assert.InRange(flows.Count, 2, 4);
        Assert.All(flows.SkipLast(1), flow => Has(flow, "flow.end=4"));
        Assert.Equal(180, flows.Sum(flow => int.Parse(flow.Split("flow.packets.toserver=")[1].Split(' ')[0])));
    }

    [Fact]
    public void At_the_bound_the_idle_give_way_and_are_counted()
    {
        const int Count = 6000;
        for (var number = 0; number < Count; number++) _wire.Udp('>', [1], (ushort)(10_000 + number), serverPort: 9999);
        Assert.Equal(4096, _wire.Shard.FlowsLive);
        Assert.Equal(Count - 4096, _wire.Shard.Counters.FlowsEvicted);
        var flows = _wire.Finish();
        Assert.Equal(Count, flows.Count);
        Assert.Equal(Count - 4096, flows.Count(flow => flow.Contains("flow.end=5", StringComparison.Ordinal)));
    }

    [Fact]
    public void Connections_beyond_the_bound_are_counted_and_not_read()
    {
        using var wire = new Wire(new ShardOptions { FlowsMax = 4096, ConversationsMax = 1 });
        wire.Handshake(41000).Tcp('>', Ack, 101, 501, Get, 41000).Handshake(42000).Tcp('>', Ack, 101, 501, Get, 42000);
        Assert.Equal(1, wire.Shard.Counters.ConversationsRefused);
        Assert.Equal(3, wire.Finish().Count);
    }

    [Fact]
    public void A_datagram_in_pieces_is_read_and_its_pieces_counted()
    {
        var query = Protocols.Dns.DnsBytes.Query(7, "www.a.test");
        var datagram = FrameBytes.Udp(query, FrameBytes.ClientPort, 53);
        var records = _wire.Run(FrameBytes.Ipv4(17, datagram[16..], fragment: 2))
            .Run(FrameBytes.Ipv4(17, datagram[..16], fragment: 0x2000)).Finish();
        Has(records[0], "dns ", "dns.qname=www.a.test");
        Has(records[1], "flow.packets.toserver=2");
    }

    /// <summary>Every frame is in a flow, or counted by why it is not; every flow that began was told.</summary>
    [Fact]
    public void Nothing_is_dropped_silently()
    {
        var random = new Random(5);
        var wires = new[] { FrameBytes.Ipv4(17, FrameBytes.Udp([1, 2])), FrameBytes.Ipv4(6, FrameBytes.Tcp([1])) };
        for (var count = 0; count < 5000; count++)
        {
            var datagram = Protocols.Mutations.Of(wires[random.Next(2)], random);
            // IP versions 4 and 6 are both in reach of a changed byte; pieces of datagrams are counted elsewhere.
            if (datagram.Length > 7) datagram[6] = datagram[7] = 0;
            _wire.Run(datagram);
        }

        _wire.Finish();
        var counters = _wire.Shard.Counters;
        Assert.Equal(5000, counters.Packets);
        Assert.Equal(counters.Packets, counters.ByStatus.Sum());
        Assert.Equal(counters.ByStatus[(int)DecodeStatus.Ok], counters.PacketsInFlows);
        Assert.Equal(counters.FlowsStarted, counters.FlowsEnded);
    }

    [Fact]
    public void A_warm_shard_allocates_nothing()
    {
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, new Nobody());
        var file = new CaptureFile(Path.Combine(
            Repository.Root, "tests", "core", "Protocols", "Http1", "corpus", "nginx.pcap"));
        void Round()
        {
            shard.Run(file.Frames);
            shard.Finish();
        }

        Round();
        Round();
        Assert.Equal(0, Allocations.Least(Round));
    }

    private static uint Length(string text) => (uint)text.Length;

    private static void Has(string record, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, record, StringComparison.Ordinal));

    private sealed class Nobody : NetSniff.Records.RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count) { }
    }
}
