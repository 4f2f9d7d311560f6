using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Enrich;

namespace NetSniff.Tests.Worker.Enrich;

public class EnricherTests
{
    private const long Second = 1_000_000_000;
    private const long Start = 1_769_850_000 * Second;

    [Fact]
    public void Both_ends_get_who_they_were_when_the_record_began()
    {
        var book = new IdentityBook();
        book.Apply(
            [
                new(Start, IdentityBookTests.Pod("old", "10.1.0.1")),
                new(Start + 10 * Second, IdentityBookTests.Pod("old", "10.1.0.1"), IsGone: true),
                new(Start + 10 * Second, IdentityBookTests.Pod("new", "10.1.0.1")),
                new(Start, IdentityBookTests.Pod("cart", "10.1.0.2")),
            ],
            Start);
        var enricher = new Enricher(book);
        var records = Records((Start + Second, "10.1.0.1", "10.1.0.2"), (Start + 11 * Second, "10.1.0.2", "10.1.0.1"),
            (Start + 2 * Second, "10.1.0.1", "198.51.100.7"));
        enricher.Enrich(records);
        Assert.Equal(["old → cart", "cart → new", "old → (a public address that nobody named)"], Ends(records));
        Assert.Equal((3, 5, 1), (enricher.Records, enricher.Named, enricher.WithoutName));
    }

    /// <summary>Many addresses, times, ports and snapshots in turn: what is kept must never tell.</summary>
    [Fact]
    public void What_is_kept_between_records_makes_no_difference()
    {
        var random = new Random(20260131);
        var book = new IdentityBook();
        var enricher = new Enricher(book);
        var now = Start;
        for (var round = 0; round < 200; round++)
        {
            var pods = Enumerable.Range(0, 40).Select(_ => random.Next(2) == 0
                ? IdentityBookTests.Pod($"p{random.Next(30)}", Any())
                : IdentityBookTests.Pod($"h{random.Next(4)}", "10.7.0.0") with
                {
                    IsHostNetwork = true, Ports = [new PodPort(6, (ushort)random.Next(4))],
                });
            var node = new NodeObject("n") { Addresses = [At("10.7.0.0")] };
            book.Replace([.. pods.DistinctBy(pod => pod.Key), node], now);
            var records = Records([.. Enumerable.Range(0, 50)
                .Select(_ => (now - random.NextInt64(20 * Second), Any(), Any()))]);
            enricher.Enrich(records);
            foreach (var record in new RecordWalker(records))
            {
                ref readonly var head = ref record.Header;
                var snapshot = book.Snapshot;
                Assert.Equal(
                    snapshot.Find(head.Client, head.ClientPort, head.Protocol, head.TimeNanos), head.ClientPeer);
                Assert.Equal(
                    snapshot.Find(head.Server, head.ServerPort, head.Protocol, head.TimeNanos), head.ServerPeer);
            }

            now += random.NextInt64(3 * Second);
        }

        string Any() => $"10.7.0.{random.Next(20)}";
    }

    [Fact]
    public void A_record_costs_no_memory_once_its_peers_were_met()
    {
        var book = new IdentityBook();
        book.Apply(Two(Start), Start);
        var enricher = new Enricher(book);
        var records = Records(
            (Start, "10.1.0.1", "10.1.0.2"), (Start, "10.1.0.9", "8.8.8.8"), (Start, "127.0.0.1", "10.1.0.1"));
        Assert.Equal(0, Allocations.Least(() => enricher.Enrich(records)));
    }

    [Fact]
    public async Task Many_threads_may_ask_while_one_applies()
    {
        var book = new IdentityBook();
        const string nobody = "nobody said whose address this is";
        using var done = new CancellationTokenSource();
        var asking = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var enricher = new Enricher(book);
            var records = Records((Start, "10.1.0.1", "10.1.0.2"));
            while (!done.IsCancellationRequested)
            {
                enricher.Enrich(records);
                // Both came in one change, so it is both or neither.
                var named = Ends(records)[0];
                Assert.True(named is "a → b" or $"({nobody}) → ({nobody})", named);
            }
        })).ToList();
        for (var round = 0; round < 2000; round++)
        {
            book.Apply(Two(Start - Second), Start);
        }

        await done.CancelAsync();
        await Task.WhenAll(asking);
    }

    private static IdentityChange[] Two(long nanos) =>
    [
        new(nanos, IdentityBookTests.Pod("a", "10.1.0.1")), new(nanos, IdentityBookTests.Pod("b", "10.1.0.2")),
    ];

    private static Address At(string text) => IdentityBookTests.At(text);

    private static byte[] Records(params (long Nanos, string Client, string Server)[] records)
    {
        var sink = TestRecords.NewSink();
        foreach (var (nanos, client, server) in records)
        {
            (sink.Context.Client, sink.Context.Server) = (At(client), At(server));
            (sink.Context.ClientPort, sink.Context.ServerPort, sink.Context.Protocol) = ((ushort)(nanos % 4), 2, 6);
            sink.Emit(default(FlowRecord), nanos);
        }

        return sink.Bytes.ToArray();
    }

    private static List<string> Ends(byte[] records)
    {
        List<string> ends = [];
        foreach (var record in new RecordWalker(records))
        {
            ends.Add($"{Name(record.Header.ClientPeer)} → {Name(record.Header.ServerPeer)}");
        }

        return ends;

        static string Name(uint number) => Peers.Of(number) is { Name.Length: > 0 } named
            ? named.Name
            : $"({Peers.Of(number).Why})";
    }
}
