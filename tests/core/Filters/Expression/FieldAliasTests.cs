using NetSniff.Filters.Expression;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Tests.Filters.Expression;

/// <summary>Names that others have for our fields mean what ours mean.</summary>
public sealed class FieldAliasTests
{
    [Fact]
    public void Every_other_name_leads_to_a_field_and_takes_nobodys_place()
    {
        FieldNames.Offer();
        var names = FieldCatalog.Shared.All.Select(static field => field.Name).ToHashSet();
        Assert.All(FieldAliases.All, alias =>
        {
            Assert.Contains(alias.Field, names);
            Assert.DoesNotContain(alias.Name, names);
            Assert.Equal(alias.Field, FieldCatalog.Shared.Find(alias.Name)!.Name);
        });
        Assert.All(FieldAliases.NotServed.Keys, name => Assert.Null(FieldCatalog.Shared.Find(name)));
        Assert.All(FieldAliases.Bits, bit => Assert.Contains(bit.Field, names));
    }

    [Theory]
    [InlineData("src.pod.labels[\"app\"] == \"zap\"", "src.label.app == \"zap\"")]
    [InlineData("pod.labels['app.kubernetes.io/name'] in (a, b)", "label.app.kubernetes.io/name in (a, b)")]
    [InlineData("exists dst.labels[\"tier\"]", "exists dst.label.tier")]
    [InlineData("src.pod.name like 'web-*' and dst.workload.name == cart",
        "src.pod like 'web-*' and dst.workload == cart")]
    [InlineData("http.request.target contains '/a' and http.request.method == GET",
        "http.uri contains '/a' and http.method == GET")]
    [InlineData("http.response.status_code >= 500", "http.status >= 500")]
    [InlineData("network.transport == tcp and server.port == 80", "proto == tcp and dst.port == 80")]
    [InlineData("tcp.flags.syn && !tcp.flags.ack", "tcp.flags.syn and !(tcp.flags.ack)")]
    [InlineData("tcp.flags.rst == false or tcp.flags.fin != false", "tcp.flags.rst == false or tcp.flags.fin")]
    public void It_is_read_as_ours(string written, string ours)
    {
        var parse = FilterExpression.Parse(written);
        Assert.True(parse.IsOk, parse.Problem?.Format(written));
        Assert.Equal(ours, parse.Filter.ToString());
        Assert.Equal(ours, FilterExpression.Parse(ours).Filter!.ToString());
    }

    [Theory]
    [InlineData("http.request.body contains 'x'",
        "http.request.body cannot be asked for at column 1; bodies are not recorded in this version",
        FilterFault.NotServed)]
    [InlineData("src.pod.nam == web", "unknown field 'src.pod.nam' at column 1; did you mean src.pod.name?",
        FilterFault.UnknownField)]
    [InlineData("src.pod.labels[\"a b\"] == c", "unknown field 'src.pod.labels[\"a b\"]' at column 1",
        FilterFault.UnknownField)]
    [InlineData("labels[app] == c", "unexpected '[' at column 7; a list is written in parentheses",
        FilterFault.Syntax)]
    [InlineData("tcp.flags.syn > 1", "tcp.flags.syn is true or false at column 1; write tcp.flags.syn or "
        + "!tcp.flags.syn", FilterFault.Syntax)]
    [InlineData("http.uri matches /(/", null, FilterFault.Regex)]
    public void What_is_wrong_says_so(string written, string? problem, FilterFault fault)
    {
        var found = FilterExpression.Parse(written).Problem!;
        if (problem is not null) Assert.Equal(problem, found.ToString());
        Assert.Equal(fault, found.Fault);
    }

    [Fact]
    public void A_flag_is_a_bit_of_what_the_client_ever_set()
    {
        for (var flags = 0; flags < 256; flags++)
        {
            var sink = TestRecords.NewSink();
            sink.Context = new RecordHeader { Protocol = IpProtocol.Tcp };
            sink.Emit(NewFlow((byte)flags), 1);
            var record = new RecordView(sink.Bytes);
            foreach (var flag in Enum.GetValues<TcpFlags>())
            {
                if (flag == TcpFlags.None) continue;

                var isUp = ((TcpFlags)flags & flag) != 0;
                var name = $"tcp.flags.{flag.ToString().ToLowerInvariant()}";
                Assert.Equal(isUp, FilterExpression.Parse(name).Filter!.Matches(record));
                Assert.Equal(!isUp, FilterExpression.Parse($"{name} == false").Filter!.Matches(record));
            }
        }
    }

    private static FlowRecord NewFlow(byte flags) => new()
    {
        FirstNanos = 1, LastNanos = 1, PacketsToServer = 1, PacketsToClient = 0, BytesToServer = 60, BytesToClient = 0,
        PayloadToServer = 0, PayloadToClient = 0, End = FlowEnd.Idle, IsTcp = true, FlagsToServer = flags,
    };

    [Fact]
    public void Other_names_are_completed_too()
    {
        var names = FieldCatalog.Shared.OtherNamesStartingWith("tcp.flags.").Select(static other => other.Name);
        Assert.Equal(8, names.Count());
        Assert.Contains(
            ("src.pod.name", "src.pod"),
            FieldCatalog.Shared.OtherNamesStartingWith("src.").Select(static other => (other.Name, other.Field)));
    }
}
