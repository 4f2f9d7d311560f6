using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Yaml;

namespace NetSniff.Tests.Worker.Enrich;

public class IdentityBookTests
{
    private const long Second = 1_000_000_000;

    /// <summary>2026-01-31T09:00:00Z.</summary>
    private const long Nine = 1_769_850_000 * Second;

    private const string Cluster = """
        networks: [10.0.0.0/8, 192.168.0.0/16]
        nodes:
          - {name: node-1, addresses: [192.168.1.1], zone: eu-1a}
          - {name: node-2, addresses: [192.168.1.2], zone: eu-1b}
        workloads:
          - {kind: ReplicaSet, namespace: shop, name: web-7d4, owner: {kind: Deployment, name: web}}
          - {kind: Job, namespace: shop, name: report-1, owner: {kind: CronJob, name: report}}
        pods:
          - name: web-7d4-x1
            namespace: shop
            node: node-1
            addresses: [10.1.0.5, "fd00::5"]
            owner: {kind: ReplicaSet, name: web-7d4}
            labels: {app: web}
          - {name: report-1-a, namespace: shop, node: node-1, addresses: [10.1.0.6], from: 2026-01-31T08:00:00Z,
             until: 2026-01-31T08:30:00Z, owner: {kind: Job, name: report-1}}
          - {name: cart-0, namespace: shop, node: node-2, addresses: [10.1.0.6], from: 2026-01-31T08:45:00Z,
             owner: {kind: StatefulSet, name: cart}}
          - {name: dns-1, namespace: kube-system, node: node-1, addresses: [192.168.1.1], hostNetwork: true,
             ports: [53/udp, 9153], owner: {kind: DaemonSet, name: dns}}
          - {name: proxy-1, namespace: kube-system, node: node-1, addresses: [192.168.1.1], hostNetwork: true,
             ports: [10256, 9153]}
        services:
          - {name: cart, namespace: shop, addresses: [10.96.0.10], endpoints: [10.1.0.6]}
          - {name: web, namespace: shop, addresses: [10.96.0.11], endpoints: [10.1.0.5]}
          - {name: all, namespace: shop, endpoints: [10.1.0.5]}
        hosts:
          - {name: payments, addresses: [203.0.113.0/24], zone: far}
          - {name: printer, addresses: [192.168.7.7]}
        """;

    /// <summary>Address, port, transport, seconds since nine; and who it is, with its workload or the reason.</summary>
    public static TheoryData<string, ushort, byte, long, string> Lookups => new()
    {
        { "10.1.0.5", 8080, 6, 0, "pod shop/web-7d4-x1 Deployment web, service all, node-1 eu-1a" },
        { "fd00::5", 8080, 6, 0, "pod shop/web-7d4-x1 Deployment web, service all, node-1 eu-1a" },
        { "10.1.0.6", 0, 6, 0, "pod shop/cart-0 StatefulSet cart, service cart, node-2 eu-1b" },
        { "10.1.0.6", 0, 6, -1000, "unknown: nobody had this address at that time" },
        { "10.1.0.6", 0, 6, -1801, "pod shop/report-1-a CronJob report, service cart, node-1 eu-1a" },
        { "10.1.0.6", 0, 6, -1799, "pod shop/report-1-a CronJob report, service cart, node-1 eu-1a" },
        { "10.1.0.6", 0, 6, -1798, "unknown: nobody had this address at that time" },
        { "10.1.0.6", 0, 6, -3601, "unknown: nobody had this address at that time" },
        { "10.96.0.10", 80, 6, 0, "service shop/cart service cart" },
        { "192.168.1.1", 53, 17, 0, "pod kube-system/dns-1 DaemonSet dns, node-1 eu-1a" },
        { "192.168.1.1", 53, 6, 0, "node node-1 node-1 eu-1a: host network: no pod of the node names this port" },
        { "192.168.1.1", 9153, 6, 0,
            "node node-1 node-1 eu-1a: host network: several pods of the node name this port" },
        { "192.168.1.1", 10256, 6, 0, "pod kube-system/proxy-1 Pod proxy-1, node-1 eu-1a" },
        { "192.168.1.2", 22, 6, 0, "node node-2 node-2 eu-1b" },
        { "203.0.113.9", 443, 6, 0, "host payments far" },
        { "192.168.7.7", 443, 6, 0, "host printer" },
        { "198.51.100.1", 443, 6, 0, "external: outside of our networks" },
        { "10.1.0.7", 443, 6, 0, "unknown: nobody said whose address this is" },
        { "127.0.0.1", 443, 6, 0, "unknown: loopback: whoever runs on the node itself" },
        { "224.0.0.251", 5353, 17, 0, "unknown: multicast or broadcast: many at once" },
        { "fe80::1", 546, 17, 0, "unknown: link-local: it means nothing elsewhere" },
        { "0.0.0.0", 68, 17, 0, "unknown: unspecified: it had no address yet" },
    };

    [Theory]
    [MemberData(nameof(Lookups))]
    public void An_address_is_somebody_at_a_time(string address, ushort port, byte protocol, long seconds, string who)
    {
        var book = new IdentityBook();
        book.Replace(IdentityFile.Parse(Cluster), Nine);
        Assert.Equal(who, Who(book, address, Nine + seconds * Second, port, protocol));
    }

    [Fact]
    public void Where_nobody_said_what_is_ours_private_addresses_are_unknown_and_public_ones_outside()
    {
        var book = new IdentityBook();
        Assert.Equal("unknown: nobody said whose address this is", Who(book, "10.0.0.1", Nine));
        Assert.Equal("external: a public address that nobody named", Who(book, "8.8.8.8", Nine));
    }

    [Fact]
    public void A_pod_made_again_under_its_name_is_another()
    {
        var book = new IdentityBook();
        Put(book, Nine, Pod("cart-0", "10.1.0.1") with { Uid = "a", Node = "n1" });
        Put(book, Nine + 60 * Second, Pod("cart-0", "10.1.0.2") with { Uid = "b", Node = "n2" });
        Assert.Equal("pod shop/cart-0 Pod cart-0, n1", Who(book, "10.1.0.1", Nine + 59 * Second));
        Assert.Equal("unknown: nobody had this address at that time", Who(book, "10.1.0.1", Nine + 62 * Second));
        Assert.Equal("unknown: nobody had this address at that time", Who(book, "10.1.0.2", Nine + 59 * Second));
        Assert.Equal("pod shop/cart-0 Pod cart-0, n2", Who(book, "10.1.0.2", Nine + 60 * Second));
    }

    [Fact]
    public void What_is_learnt_later_of_a_pod_is_true_of_it_before()
    {
        var book = new IdentityBook();
        Put(book, Nine, Pod("web-1", "10.1.0.1") with { Node = "n1", Owner = new("ReplicaSet", "web-7d4") });
        Assert.Equal("pod shop/web-1 ReplicaSet web-7d4, n1", Who(book, "10.1.0.1", Nine));
        Put(book, Nine + Second, new NodeObject("n1") { Zone = "z" });
        Put(book, Nine + Second, new EndpointsObject("shop", "web-s1", "web") { Addresses = [At("10.1.0.1")] });
        var owner = new WorkloadObject("ReplicaSet", "shop", "web-7d4") { Owner = new("Deployment", "web") };
        Put(book, Nine + Second, owner);
        Assert.Equal("pod shop/web-1 Deployment web, service web, n1 z", Who(book, "10.1.0.1", Nine));

        // An end point of another namespace is another's.
        Put(book, Nine + Second, new EndpointsObject("bank", "a", "a") { Addresses = [At("10.1.0.1")] });
        Assert.Equal("pod shop/web-1 Deployment web, service web, n1 z", Who(book, "10.1.0.1", Nine));
        Gone(book, Nine + 2 * Second, new EndpointsObject("shop", "web-s1", "web"));
        Assert.Equal("pod shop/web-1 Deployment web, n1 z", Who(book, "10.1.0.1", Nine));
    }

    [Fact]
    public void A_pod_that_gets_its_address_late_has_it_from_then()
    {
        var book = new IdentityBook();
        Put(book, Nine, Pod("web-1"));
        Put(book, Nine + 5 * Second, Pod("web-1", "10.1.0.1"));
        Assert.Equal("unknown: nobody had this address at that time", Who(book, "10.1.0.1", Nine + 4 * Second));
        Assert.Equal("pod shop/web-1 Pod web-1", Who(book, "10.1.0.1", Nine + 5 * Second));
    }

    [Fact]
    public void History_is_bounded_by_age_and_count_and_says_so()
    {
        var book = new IdentityBook(new IdentityOptions { HistoryMax = TimeSpan.FromSeconds(100), EndedMax = 3 });
        for (var pod = 0; pod < 5; pod++)
        {
            var (from, until) = (Nine + pod * 10 * Second, Nine + (pod * 10 + 5) * Second);
            Put(book, from, Pod($"p{pod}", "10.1.0.1"));
            Gone(book, until, Pod($"p{pod}", "10.1.0.1"));
        }

        Assert.Equal((3, 2L, 0L), (book.Counts.Ended, book.Counts.EndedByCount, book.Counts.EndedByAge));
        Assert.Equal("unknown: before the time that names are known of", Who(book, "10.1.0.1", Nine + Second));
        Assert.Equal("unknown: before the time that names are known of", Who(book, "10.1.0.1", Nine + 14 * Second));
        Assert.Equal("unknown: nobody had this address at that time", Who(book, "10.1.0.1", Nine + 18 * Second));
        Assert.Equal("pod shop/p2 Pod p2", Who(book, "10.1.0.1", Nine + 21 * Second));

        book.Apply([], Nine + 126 * Second);
        Assert.Equal((2, 2L, 1L), (book.Counts.Ended, book.Counts.EndedByCount, book.Counts.EndedByAge));
        book.Apply([], Nine + 1000 * Second);
        Assert.Equal((0, 0), (book.Counts.Ended, book.Counts.Addresses));
    }

    [Fact]
    public void An_address_that_passes_through_many_hands_keeps_the_last()
    {
        var book = new IdentityBook();
        const int hands = 2 * IdentityBook.TenuresPerAddressMax;
        for (var pod = 0; pod < hands; pod++)
        {
            Put(book, Nine + pod * 10 * Second, Pod($"p{pod}", "10.1.0.1"));
            Gone(book, Nine + (pod * 10 + 5) * Second, Pod($"p{pod}", "10.1.0.1"));
        }

        var last = Nine + (hands - 1) * 10 * Second;
        Assert.Equal($"pod shop/p{hands - 1} Pod p{hands - 1}", Who(book, "10.1.0.1", last));
        Assert.Equal("unknown: before the time that names are known of", Who(book, "10.1.0.1", Nine));
        Assert.Equal(hands - IdentityBook.TenuresPerAddressMax, book.Counts.EndedByCount);
    }

    [Fact]
    public void Objects_beyond_the_bound_are_counted_and_not_taken()
    {
        var book = new IdentityBook(new IdentityOptions { ObjectsMax = 2 });
        for (var pod = 0; pod < 5; pod++) Put(book, Nine, Pod($"p{pod}", $"10.1.0.{pod}"));
        Assert.Equal((2, 3L), (book.Counts.Objects, book.Counts.ObjectsRefused));
        Assert.Equal("unknown: nobody said whose address this is", Who(book, "10.1.0.2", Nine));
    }

    [Fact]
    public void A_list_made_anew_ends_what_it_does_not_have()
    {
        var book = new IdentityBook();
        book.Replace([Pod("a", "10.1.0.1"), Pod("b", "10.1.0.2")], Nine);
        book.Replace([Pod("c", "10.1.0.1"), Pod("b", "10.1.0.2")], Nine + 60 * Second);
        Assert.Equal("pod shop/a Pod a", Who(book, "10.1.0.1", 0));
        Assert.Equal("pod shop/a Pod a", Who(book, "10.1.0.1", Nine + 59 * Second));
        Assert.Equal("pod shop/c Pod c", Who(book, "10.1.0.1", Nine + 60 * Second));
        Assert.Equal("pod shop/b Pod b", Who(book, "10.1.0.2", Nine + 60 * Second));
    }

    internal static PodObject Pod(string name, params string[] addresses) =>
        new("shop", name) { Addresses = [.. addresses.Select(At)] };

    internal static Address At(string text) => IdentityNetwork.TryAddress(text, out var address)
        ? address
        : throw new ArgumentException(text);

    internal static string Who(IdentityBook book, string address, long nanos, ushort port = 0, byte protocol = 6)
    {
        var peer = Peers.Of(book.Snapshot.Find(At(address), port, protocol, nanos));
        var parts = new List<string> { Enum.GetName(peer.Kind)!.ToLowerInvariant() };
        if (peer.Namespace.Length > 0) parts.Add($"{peer.Namespace}/{peer.Name}");
        else if (peer.Name.Length > 0) parts.Add(peer.Name);
        if (peer.Workload.Length > 0) parts.Add($"{peer.WorkloadKind} {peer.Workload},");
        if (peer.Service.Length > 0) parts.Add($"service {peer.Service},");
        if (peer.Node.Length > 0) parts.Add(peer.Node);
        if (peer.Zone.Length > 0) parts.Add(peer.Zone);
        var text = string.Join(' ', parts).TrimEnd(',');
        return peer.Why.Length > 0 ? $"{text}: {peer.Why}" : text;
    }

    private static void Put(IdentityBook book, long nanos, IdentityObject one) =>
        book.Apply([new IdentityChange(nanos, one)], nanos);

    private static void Gone(IdentityBook book, long nanos, IdentityObject one) =>
        book.Apply([new IdentityChange(nanos, one, IsGone: true)], nanos);
}
