using NetSniff.Filters.Expression;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Fields that every record has.</summary>
internal sealed partial class FilterSql
{
    // As the filter language has it: ICMP keeps other things where these keep ports. 33 is DCCP (RFC 4340).
    private static readonly string s_hasPorts =
        $"proto IN ({IpProtocol.Tcp}, {IpProtocol.Udp}, {IpProtocol.Sctp}, {IpProtocol.UdpLite}, 33)";

    private string OfHeader(TestNode node)
    {
        var compare = node as CompareNode;
        switch (node.Field.Header)
        {
            case HeaderField.SourceIp:
                return compare is null ? "true" : OfAddress(compare, "src_addr");
            case HeaderField.TargetIp:
                return compare is null ? "true" : OfAddress(compare, "dst_addr");
            case HeaderField.Ip:
                if (compare is null) return "true";
                var ranges = AddressRanges.Of(compare.Values);
                var either = $"({Within("src_addr", ranges, false)} OR {Within("dst_addr", ranges, false)})";
                return compare.Comparison == FilterOperator.NotEqual ? $"NOT {either}" : either;
            case HeaderField.Kind:
                return OfKind(compare) ? "true" : "false";
            case HeaderField.App:
                return OfApp(compare);
            case HeaderField.Time:
                return OfScalar(compare, "time", Moment);
            case HeaderField.SourcePort:
                return $"{s_hasPorts} AND {OfScalar(compare, "src_port", Unsigned)}";
            case HeaderField.TargetPort:
                return $"{s_hasPorts} AND {OfScalar(compare, "dst_port", Unsigned)}";
            case HeaderField.Port:
                return compare is null ? s_hasPorts : $"{s_hasPorts} AND {OfEither(compare, "src_port", "dst_port")}";
            case HeaderField.Proto:
                return OfScalar(compare, "proto", Unsigned);
            case HeaderField.Vlan:
                return compare is null
                    ? "vlan IS NOT NULL"
                    : $"vlan IS NOT NULL AND {OfEither(compare, "vlan", "inner_vlan")}";
            case HeaderField.Tunnel:
                return OfScalar(compare, "tunnel", Unsigned);
            case HeaderField.TunnelId:
                return $"tunnel IS NOT NULL AND {OfScalar(compare, "coalesce(tunnel_id, 0)", Unsigned)}";
            case HeaderField.FlowId:
                return OfScalar(compare, "flow_id", Unsigned);
            case HeaderField.Node:
                return compare is null ? "node IS NOT NULL" : OfText(compare, "node", false);
            case HeaderField.Interface:
                return compare is null ? "\"interface\" IS NOT NULL" : OfText(compare, "\"interface\"", false);
            case HeaderField.Peer:
                return OfPeer(node, compare);
            case HeaderField.Partial:
                return OfScalar(compare, "\"partial\"", Truth);
            case HeaderField.Malformed:
                return OfScalar(compare, "malformed", Truth);
            default:
                throw new InvalidOperationException($"{node.Field.Name} has no column");
        }
    }

    private static string OfAddress(CompareNode compare, string column) =>
        Within(column, AddressRanges.Of(compare.Values), compare.Comparison == FilterOperator.NotEqual);

    private static string OfScalar(CompareNode? compare, string column, Func<ulong, string> spell) => compare is null
        ? $"{column} IS NOT NULL"
        : Within(column, ScalarRanges.Of(compare.Comparison, compare.Values),
            compare.Comparison == FilterOperator.NotEqual, spell);

    /// <summary>Any of two values, or neither; the second may be missing.</summary>
    private static string OfEither(CompareNode compare, string first, string second)
    {
        var ranges = ScalarRanges.Of(compare.Comparison, compare.Values);
        var either = $"({Within(first, ranges, false, Unsigned)} "
            + $"OR coalesce({Within(second, ranges, false, Unsigned)}, false))";
        return compare.Comparison == FilterOperator.NotEqual ? $"NOT {either}" : either;
    }

    private bool OfKind(CompareNode? compare) => compare is null
        || ScalarRanges.Of(compare.Comparison, compare.Values).Has(table.Schema.Id)
            != (compare.Comparison == FilterOperator.NotEqual);

    /// <summary>Applications are numbers in records and names in columns.</summary>
    private static string OfApp(CompareNode? compare)
    {
        if (compare is null) return "app IS NOT NULL";
        var names = compare.Values.Select(value => SqlText.Text(Apps.Name((ushort)value.Low)));
        var not = compare.Comparison == FilterOperator.NotEqual ? "NOT " : "";
        return $"app {not}IN ({string.Join(", ", names)})";
    }
}
