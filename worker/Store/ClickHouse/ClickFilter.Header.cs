using System.Globalization;
using NetSniff.Filters.Expression;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Fields that every record has.</summary>
internal sealed partial class ClickFilter
{
    /// <summary>Numbers that are listed; more are put into a set.</summary>
    private const int ListedMax = 64;

    // As the filter language has it: ICMP keeps other things where these keep ports. 33 is DCCP (RFC 4340).
    private static readonly string s_hasPorts =
        $"proto IN ({IpProtocol.Tcp}, {IpProtocol.Udp}, {IpProtocol.Sctp}, {IpProtocol.UdpLite}, 33)";

    private string OfHeader(TestNode node)
    {
        var compare = node as CompareNode;
        var isNegated = compare?.Comparison == FilterOperator.NotEqual;
        switch (node.Field.Header)
        {
            case HeaderField.SourceIp:
                return compare is null ? "1" : Turned(Within("src_addr", AddressRanges.Of(compare.Values)), isNegated);
            case HeaderField.TargetIp:
                return compare is null ? "1" : Turned(Within("dst_addr", AddressRanges.Of(compare.Values)), isNegated);
            case HeaderField.Ip:
                if (compare is null) return "1";
                var ranges = AddressRanges.Of(compare.Values);
                return Turned(Any([Within("src_addr", ranges), Within("dst_addr", ranges)]), isNegated);
            case HeaderField.Kind:
                return OfKind(compare) ? "1" : "0";
            case HeaderField.App:
                return OfApp(compare);
            case HeaderField.Node or HeaderField.Interface:
                return OfPlace(compare, node.Field.Header == HeaderField.Node ? "node" : "interface");
            case HeaderField.Peer:
                return OfPeer(node, compare);
            default:
                return OfScalar(node.Field, compare, isNegated);
        }
    }

    private static string OfScalar(CatalogField field, CompareNode? compare, bool isNegated)
    {
        return field.Header switch
        {
            HeaderField.Time => One("time", "1", Signed),
            HeaderField.SourcePort => One("src_port", s_hasPorts, ClickText.Number),
            HeaderField.TargetPort => One("dst_port", s_hasPorts, ClickText.Number),
            HeaderField.Port => Either("src_port", "dst_port", s_hasPorts, "1"),
            HeaderField.Proto => One("proto", "1", ClickText.Number),
            HeaderField.Vlan => Either("vlan", "inner_vlan", "vlan != 0", "inner_vlan != 0"),
            HeaderField.Tunnel => One("tunnel", "tunnel != 0", ClickText.Number),
            HeaderField.TunnelId => One("tunnel_id", "tunnel != 0", ClickText.Number),
            HeaderField.FlowId => One("flow_id", "1", ClickText.Number),
            HeaderField.Partial => One("partial", "1", ClickText.Number),
            HeaderField.Malformed => One("malformed", "1", ClickText.Number),
            _ => throw new InvalidOperationException($"{field.Name} has no column"),
        };

        string One(string column, string there, Func<ulong, string> spell)
        {
            if (compare is null) return there;
            var test = Within(column, ScalarRanges.Of(compare.Comparison, compare.Values), spell);
            return $"{there} AND {Turned($"({test})", isNegated)}";
        }

        string Either(string first, string second, string there, string secondThere)
        {
            if (compare is null) return there;
            var ranges = ScalarRanges.Of(compare.Comparison, compare.Values);
            var (one, other) = (Within(first, ranges, ClickText.Number), Within(second, ranges, ClickText.Number));
            return $"{there} AND {Turned($"({one} OR {secondThere} AND {other})", isNegated)}";
        }
    }

    private static string Turned(string test, bool isNegated) => isNegated ? $"NOT ({test})" : test;

    private bool OfKind(CompareNode? compare) => compare is null
        || ScalarRanges.Of(compare.Comparison, compare.Values).Has(table.Schema.Id)
            != (compare.Comparison == FilterOperator.NotEqual);

    /// <summary>Applications are numbers in records and names in columns.</summary>
    private static string OfApp(CompareNode? compare)
    {
        if (compare is null) return "app != ''";
        var names = compare.Values.Select(value => ClickText.Text(Apps.Name((ushort)value.Low)));
        var not = compare.Comparison == FilterOperator.NotEqual ? "NOT " : "";
        return $"app != '' AND app {not}IN ({string.Join(", ", names)})";
    }

    private string OfPlace(CompareNode? compare, string column)
    {
        var there = $"{column} != ''";
        if (compare is null) return there;
        var test = OfText(compare, column, column, there);
        return $"{there} AND {Turned($"({test})", compare.Comparison == FilterOperator.NotEqual)}";
    }

    /// <summary>Asked of each peer that the store knows, once, then of its number.</summary>
    private string OfPeer(TestNode node, CompareNode? compare)
    {
        var field = node.Field.Peer!;
        var test = compare?.NewTextTest();
        List<int> there = [];
        List<int> holds = [];
        for (var own = 1; own < peers.Length; own++)
        {
            if (peers[own] == Peers.Unnamed) continue;
            var text = field.TextOf(Peers.Of(peers[own]));
            if (text.Length == 0) continue;
            there.Add(own);
            if (test is null || test.Asks(FilterValues.Utf8(text))) holds.Add(own);
        }

        string[] columns = field.Ends switch
        {
            PeerEnds.Source => ["client_peer"],
            PeerEnds.Target => ["server_peer"],
            _ => ["client_peer", "server_peer"],
        };
        return compare?.Comparison == FilterOperator.NotEqual
            ? $"{AnyOf(columns, there)} AND NOT {AnyOf(columns, holds)}"
            : AnyOf(columns, holds);
    }

    private static string AnyOf(string[] columns, List<int> members)
    {
        if (members.Count == 0) return "0";
        var numbers = members.Select(own => own.ToString(CultureInfo.InvariantCulture));
        var set = members.Count <= ListedMax
            ? $"({string.Join(", ", numbers)})"
            : $"(SELECT arrayJoin({ClickText.List(numbers)}))";
        return "(" + string.Join(" OR ", columns.Select(column => $"{column} IN {set}")) + ")";
    }
}
