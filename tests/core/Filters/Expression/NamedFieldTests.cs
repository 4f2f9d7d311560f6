using NetSniff.Filters.Expression;
using NetSniff.Flows;
using NetSniff.Records;

namespace NetSniff.Tests.Filters.Expression;

/// <summary>Questions about peers, nodes and interfaces, which records carry as numbers.</summary>
public class NamedFieldTests
{
    private static readonly uint s_web = Peers.Add(new Peer
    {
        Kind = PeerKind.Pod, Name = "web-7d4", Namespace = "shop", Workload = "web", WorkloadKind = "Deployment",
        Node = "node-1", Zone = "eu-1a",
        Labels = [new("app.kubernetes.io/name", "web"), new("tier", "front")],
    });

    private static readonly uint s_cart = Peers.Add(new Peer
    {
        Kind = PeerKind.Pod, Name = "cart-5b9", Namespace = "shop", Workload = "cart", Service = "cart",
        WorkloadKind = "StatefulSet", Node = "node-2", Zone = "eu-1b", Labels = [new("tier", "back")],
    });

    private static readonly uint s_far = Peers.Add(
        new Peer { Kind = PeerKind.External, Why = "in none of our networks" });

    /// <summary>Expression, and which of four records it matches: `call` from web to cart, `out` from web to far away,
    /// `in` from there to a nobody, `bare` with neither.</summary>
    public static TheoryData<string, string> Expressions => new()
    {
        { "src.pod == web-7d4", "call out" },
        { "dst.pod == web-7d4", "" },
        { "dst.pod like 'cart-*'", "call" },
        { "pod startswith web", "call out" },
        { "pod matches /^(web|cart)-/", "call out" },
        { "pod != cart-5b9", "out" },
        { "dst.pod != web-7d4", "call" },
        { "!(dst.pod == web-7d4)", "call out in bare" },
        { "namespace == shop", "call out" },
        { "namespace in (bank, shop)", "call out" },
        { "namespace not in (bank, shop)", "" },
        { "src.namespace == shop and dst.namespace == shop", "call" },
        { "workload ~ CART", "call" },
        { "src.workload == web", "call out" },
        { "src.workload.kind == Deployment", "call out" },
        { "service == cart", "call" },
        { "src.service", "" },
        { "dst.service", "call" },
        { "exists dst.unnamed", "out" },
        { "dst.unnamed contains 'none of our'", "out" },
        { "dst.peer == external", "out" },
        { "src.peer == external", "in" },
        { "src.peer == pod", "call out" },
        { "exists dst.peer", "call out" },
        { "src.node == node-1 and dst.node == node-2", "call" },
        { "src.zone startswith eu-1", "call out" },
        { "src.label.tier == front", "call out" },
        { "dst.label.tier == back", "call" },
        { "label.tier == back", "call" },
        { "label.tier != back", "out" },
        { "src.label.app.kubernetes.io/name icontains WEB", "call out" },
        { "exists src.label.nothing", "" },
        { "node == worker-a", "call out" },
        { "node != worker-a", "in" },
        { "exists node", "call out in" },
        { "interface == eth0", "call in" },
        { "interface like 'veth*'", "out" },
        { "interface != eth0", "out" },
    };

    [Theory]
    [MemberData(nameof(Expressions))]
    public void An_expression_matches_these_records(string expression, string expected)
    {
        var parse = FilterExpression.Parse(expression);
        Assert.True(parse.IsOk, parse.Problem?.Format(expression));
        Assert.Equal(expected, Matched(parse.Filter!));
        // The second time by what was learnt, and by what it prints.
        Assert.Equal(expected, Matched(parse.Filter!));
        Assert.Equal(expected, Matched(FilterExpression.Parse(parse.Filter!.ToString()).Filter!));
    }

    [Fact]
    public void Interfaces_of_a_file_are_called_by_name_or_number_and_asked_anew_for_the_next_file()
    {
        var book = new TwoFiles();
        var filter = FilterExpression.Parse("interface in (lan, 1)", FieldCatalog.Shared, book).Filter!;
        Assert.Equal([true, true, false], Of(0, 1, 2));
        book.Next();
        Assert.Equal([false, false, true], Of(0, 1, 2));

        bool[] Of(params ushort[] numbers) => [.. numbers.Select(number =>
        {
            var sink = TestRecords.NewSink();
            sink.Context.Interface = number;
            sink.Emit(default(FlowRecord), 0);
            return filter.Matches(new RecordView(sink.Bytes));
        })];
    }

    [Fact]
    public void A_match_allocates_nothing_once_the_numbers_were_met()
    {
        const string asked = "pod matches /web/ and dst.label.tier == back and node == worker-a";
        var filter = FilterExpression.Parse(asked).Filter!;
        var record = Records()[0].Bytes;
        Assert.Equal(0, Allocations.Least(() => filter.Matches(new RecordView(record))));
    }

    [Fact]
    public void The_catalog_lists_them_and_knows_every_label()
    {
        Assert.NotNull(FieldCatalog.Shared.Find("src.label.anything/at-all.x"));
        Assert.Null(FieldCatalog.Shared.Find("src.label."));
        var names = FieldCatalog.Shared.All.Select(field => field.Name).ToList();
        string[] some = ["src.pod", "dst.zone", "pod", "service", "node", "label.KEY"];
        Assert.Empty(some.Except(names));
        Assert.Equal("src.pod", FieldCatalog.Shared.Nearest("src.pods"));
    }

    private static string Matched(Filter filter) => string.Join(' ', Records()
        .Where(record => filter.Matches(new RecordView(record.Bytes))).Select(record => record.Name));

    private static List<(string Name, byte[] Bytes)> Records()
    {
        var eth0 = Origins.Add("worker-a", "eth0");
        var veth = Origins.Add("worker-a", "veth12");
        var other = Origins.Add("worker-b", "eth0");
        return
        [
            Make("call", s_web, s_cart, eth0), Make("out", s_web, s_far, veth), Make("in", s_far, 0, other),
            Make("bare", 0, 0, Origins.Unknown),
        ];

        static (string, byte[]) Make(string name, uint client, uint server, ushort origin)
        {
            var sink = TestRecords.NewSink();
            (sink.Context.ClientPeer, sink.Context.ServerPeer) = (client, server);
            sink.Context.Interface = origin;
            sink.Emit(default(FlowRecord), 0);
            return (name, sink.Bytes.ToArray());
        }
    }

    private sealed class TwoFiles : OriginBook
    {
        private string[] _names = ["lan", "", "wan"];
        private int _revision;

        public override int Revision => _revision;

        public override bool IsNumbered => true;

        public override Origin Of(ushort number) => new("", _names[number]);

        public void Next() => (_names, _revision) = (["wan", "dmz", "lan"], 1);
    }
}
