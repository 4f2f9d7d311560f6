using NetSniff.Records;
using NetSniff.Worker.Merge;
using static NetSniff.Tests.Worker.Merge.ConnectionMergeTests;

namespace NetSniff.Tests.Worker.Merge;

public class TranslationsTests
{
    private const long Milli = 1_000_000;
    private const long Second = 1000 * Milli;
    private const long Start = 1_769_850_000 * Second;

    /// <summary>The transfer by way of a service: until it is translated, its address stands for the pod's.</summary>
    [Fact]
    public void Before_and_behind_the_translation_of_a_services_address_is_one_connection()
    {
        var line = Assert.Single(Merged(Translated()));
        Assert.Equal(
            "10.1.0.5:41822 → 10.2.0.6:8080 packets 22/31 bytes 3100/50100 "
            + "[node-1/veth-web, node-1/eth0 vxlan 7, node-2/eth0 vxlan 7, node-2/veth-cart] "
            + "legs [1000000, 2000000, 1000000] uncertain [0, 1, 0]", line);
        var fields = TestRecords.Line(new RecordView(Emitted(Translated())[0]));
        Assert.Contains(" connection.via.ip=10.96.0.7 connection.via.port=80", fields, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pod_is_the_server_though_the_service_was_seen_better()
    {
        var seen = Translated().Select(one => one.Service is null ? one with { Payload = (1, 1) } : one).ToArray();
        Assert.StartsWith(
            "10.1.0.5:41822 → 10.2.0.6:8080 packets 20/30 bytes 3000/50000 ", Assert.Single(Merged(seen)));
    }

    [Fact]
    public void A_pod_of_another_service_another_client_and_another_time_stay_apart()
    {
        AssertTwo(one => one with { Peers = (0, Pod("other")) });
        AssertTwo(one => one with { ClientPort = 5 });
        AssertTwo(one => one with { FirstNanos = one.FirstNanos + 4 * Second });
        Assert.Equal(2, Merged([.. Translated().Select(one => one with { Peers = (0, 0) })]).Count);

        static void AssertTwo(Func<Sighting, Sighting> behind) => Assert.Equal(
            2, Merged([.. Translated().Select(one => one.Service is null ? behind(one) : one)]).Count);
    }

    /// <summary>One port, one service, three connections one after the other, to pods by turns.</summary>
    [Fact]
    public void A_port_used_again_finds_its_own_pod()
    {
        Sighting[] seen =
        [
            .. Enumerable.Range(0, 3).SelectMany(number => Translated().Select(one => one with
            {
                FirstNanos = one.FirstNanos + number * Second,
                FlowId = 20 + (ulong)number,
                Bytes = ((ulong)(100 + number), (ulong)(200 + number)),
            })),
        ];
        var lines = Merged(seen);
        Assert.Equal(3, lines.Count);
        Assert.All(
            lines,
            (line, number) => Assert.Contains($" bytes {100 + number}/{200 + number} [node-1/veth-web, ", line));
        Assert.Equal(3, lines.Count(line => line.Split("node-").Length == 5));
    }

    [Fact]
    public void A_follower_is_told_once_of_a_connection_by_way_of_a_service()
    {
        var (merge, sink) = (new LiveMerge(), TestRecords.NewSink());
        var now = Start;
        foreach (var record in new RecordWalker(ConnectionMergeTests.Records(Translated())))
        {
            merge.Add(record, now, sink);
            now += 300 * Milli;
        }

        merge.Advance(Start + 2 * Second, sink);
        Assert.Equal((1, 0), (sink.Count, merge.Held));
        Assert.Equal(Merged(Translated()), Lines(sink));
        merge.Advance(now + 60 * Second, sink);
        Assert.Equal(1, sink.Count);
    }

    private static Sighting[] Translated() =>
    [
        Transfer[0] with { Service = "10.96.0.7", Peers = (0, Service("cart")), FlowId = 3 },
        .. Transfer[1..].Select(one => one with { Peers = (0, Pod("cart")) }),
    ];

    private static uint Service(string name) =>
        Peers.Add(new Peer { Kind = PeerKind.Service, Name = name, Namespace = "merge", Service = name });

    private static uint Pod(string service) => Peers.Add(
        new Peer { Kind = PeerKind.Pod, Name = $"{service}-1", Namespace = "merge", Service = service });
}
