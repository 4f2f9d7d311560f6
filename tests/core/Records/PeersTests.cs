using NetSniff.Records;

namespace NetSniff.Tests.Records;

public class PeersTests
{
    [Fact]
    public void Equal_peers_have_one_number_whatever_the_order_of_their_labels()
    {
        var first = Peers.Add(Pod("equal-1", new("b", "2"), new("a", "1")));
        var second = Peers.Add(Pod("equal-1", new("a", "1"), new("b", "2")));
        Assert.Equal(first, second);
        Assert.NotEqual(first, Peers.Add(Pod("equal-1", new("a", "1"), new("b", "3"))));
        Assert.NotEqual(first, Peers.Add(Pod("equal-2", new("a", "1"), new("b", "2"))));
        Assert.Equal("equal-1", Peers.Of(first).Name);
        Assert.Equal("2", Peers.Of(first).Label("b"));
        Assert.Equal("", Peers.Of(first).Label("c"));
    }

    [Fact]
    public void Every_part_tells_peers_apart()
    {
        Peer[] peers =
        [
            new() { Kind = PeerKind.Host, Name = "x" }, new() { Kind = PeerKind.Node, Name = "x" },
            new() { Kind = PeerKind.Host, Namespace = "x" }, new() { Kind = PeerKind.Host, Workload = "x" },
            new() { Kind = PeerKind.Host, WorkloadKind = "x" }, new() { Kind = PeerKind.Host, Service = "x" },
            new() { Kind = PeerKind.Host, Node = "x" }, new() { Kind = PeerKind.Host, Zone = "x" },
            new() { Kind = PeerKind.Host, Why = "x" }, new() { Kind = PeerKind.Host, Labels = [new("x", "")] },
        ];
        Assert.Equal(peers.Length, peers.Select(Peers.Add).Distinct().Count());
    }

    [Fact]
    public void Numbers_that_were_never_given_are_nobody()
    {
        Assert.Same(Peer.None, Peers.Of(Peers.Unnamed));
        Assert.Same(Peer.None, Peers.Of(uint.MaxValue));
        Assert.Equal(Peers.Unnamed, Peers.Add(new Peer()));
    }

    [Fact]
    public void What_is_too_long_or_too_much_is_cut()
    {
        var peer = new Peer
        {
            Name = new string('ä', 400),
            Labels = [.. Enumerable.Range(0, 50).Select(number => KeyValuePair.Create($"k{number:00}", "v"))],
        };
        Assert.Equal(new string('ä', Peer.TextBytesMax / 2), peer.Name);
        Assert.Equal(Peer.LabelsMax, peer.Labels.Count);
        Assert.Equal("k31", peer.Labels[^1].Key);
    }

    [Fact]
    public void Peers_are_shown_by_namespace_and_name()
    {
        Assert.Equal("shop/cart", Shown(new Peer { Kind = PeerKind.Pod, Name = "cart", Namespace = "shop" }));
        Assert.Equal("node-1", Shown(new Peer { Kind = PeerKind.Node, Name = "node-1" }));
        Assert.Equal("shop/web", Shown(new Peer { Kind = PeerKind.Pod, Workload = "web", Namespace = "shop" }));
        Assert.Equal("", Shown(new Peer { Kind = PeerKind.External, Why = "far away" }));
    }

    [Fact]
    public void Many_threads_get_the_same_numbers()
    {
        var numbers = new uint[4][];
        Parallel.For(0, 4, thread =>
        {
            numbers[thread] = new uint[2000];
            for (var pod = 0; pod < 2000; pod++)
            {
                var number = Peers.Add(Pod($"threads-{pod}"));
                Assert.Equal($"threads-{pod}", Peers.Of(number).Name);
                numbers[thread][pod] = number;
            }
        });
        Assert.All(numbers, mine => Assert.Equal(numbers[0], mine));
    }

    [Fact]
    public void Origins_are_numbered_by_node_and_interface()
    {
        var first = Origins.Add("origins-1", "eth0");
        Assert.Equal(first, Origins.Add("origins-1", "eth0"));
        Assert.NotEqual(first, Origins.Add("origins-1", "eth1"));
        Assert.NotEqual(first, Origins.Add("origins-2", "eth0"));
        Assert.Equal(new Origin("origins-1", "eth0"), Origins.Of(first));
        Assert.Equal(Origins.Unknown, Origins.Add("", ""));
        Assert.Equal(Origin.Unknown, Origins.Of(ushort.MaxValue));
    }

    private static Peer Pod(string name, params KeyValuePair<string, string>[] labels) =>
        new() { Kind = PeerKind.Pod, Name = name, Namespace = "peers-test", Labels = labels };

    private static string Shown(Peer peer) => System.Text.Encoding.UTF8.GetString(peer.Shown);
}
