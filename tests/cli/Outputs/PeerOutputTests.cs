using System.Text;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Eve;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Tests.Cli.Outputs;

/// <summary>Names of peers and where they were seen, in each way of showing records.</summary>
public sealed class PeerOutputTests
{
    private static readonly uint s_web = Peers.Add(new Peer
    {
        Kind = PeerKind.Pod, Name = "web-7d4", Namespace = "shop", Workload = "web", WorkloadKind = "Deployment",
        Labels = [new("a\"b", "1\n2")],
    });

    private static readonly uint s_cart = Peers.Add(new Peer
    {
        Kind = PeerKind.Service, Name = "cart", Namespace = "shop", Service = "cart",
    });

    private static readonly uint s_far = Peers.Add(
        new Peer { Kind = PeerKind.External, Why = "in no network of ours" });

    [Fact]
    public void The_table_shows_names_in_place_of_addresses()
    {
        Assert.Contains(
            " shop/web-7d4:41822    → shop/cart:8080         TCP ", Table(s_web, s_cart), StringComparison.Ordinal);
        Assert.Contains(
            " shop/web-7d4:41822    → 10.0.0.2:8080          TCP ", Table(s_web, s_far), StringComparison.Ordinal);
        Assert.Contains(
            " 10.0.0.1:41822        → 10.0.0.2:8080          TCP ", Table(0, 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_lines_carry_what_filters_ask_for()
    {
        var line = Written(buffer => new JsonlOutput(buffer, Origins.Book), s_web, s_far);
        Assert.Contains(
            """
            "node":"outputs-1","interface":"eth0","src.peer":"pod","src.name":"web-7d4","src.pod":"web-7d4",
            "src.namespace":"shop","src.workload":"web","src.workload.kind":"Deployment","src.label":{"a\"b":"1\n2"},
            "dst.peer":"external","dst.unnamed":"in no network of ours",
            """.ReplaceLineEndings(""), line, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "src.peer", Written(buffer => new JsonlOutput(buffer, Origins.Book), 0, s_far), StringComparison.Ordinal);
    }

    [Fact]
    public void Eve_keeps_them_under_the_orchestrator()
    {
        var line = Written(buffer => new EveOutput(buffer, Origins.Book), s_web, s_cart);
        Assert.Contains("\"host\":\"outputs-1\",\"in_iface\":\"eth0\"", line, StringComparison.Ordinal);
        Assert.Contains(
            "\"kubernetes\":{\"src\":{\"peer\":\"pod\",\"name\":\"web-7d4\"", line, StringComparison.Ordinal);
        Assert.Contains("\"dest\":{\"peer\":\"service\",\"name\":\"cart\"", line, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "kubernetes", Written(buffer => new EveOutput(buffer, Origins.Book), 0, 0), StringComparison.Ordinal);
    }

    private static string Table(uint client, uint server) =>
        Written(buffer => new TableOutput(buffer, new TableOptions(Zone: TimeZoneInfo.Utc)), client, server);

    private static string Written(Func<OutputBuffer, Output> make, uint client, uint server)
    {
        var sink = TestRecords.NewSink();
        ref var head = ref sink.Context;
        (head.Client, head.Server) = (Address.FromBytes([10, 0, 0, 1]), Address.FromBytes([10, 0, 0, 2]));
        (head.ClientPort, head.ServerPort, head.Protocol) = (41822, 8080, IpProtocol.Tcp);
        (head.ClientPeer, head.ServerPeer) = (client, server);
        head.Interface = Origins.Add("outputs-1", "eth0");
        sink.Emit(default(FlowRecord), 1_700_000_000_000_000_000);
        using var stream = new MemoryStream();
        var output = make(new OutputBuffer(stream));
        output.Write(new RecordView(sink.Bytes));
        output.Finish();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
