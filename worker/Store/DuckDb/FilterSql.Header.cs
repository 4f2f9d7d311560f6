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
                return compare is null ? "true" : OfAddress(compare, "src");
            case HeaderField.TargetIp:
                return compare is null ? "true" : OfAddress(compare, "dst");
            case HeaderField.Ip:
                if (compare is null) return "true";
                var ranges = AddressRanges.Of(compare.Values);
                var either = $"({EndWithin("src", ranges, false)} OR {EndWithin("dst", ranges, false)})";
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
                var vlan = Column(FixedColumn.Vlan);
                return compare is null
                    ? $"{vlan} IS NOT NULL"
                    : $"{vlan} IS NOT NULL AND {OfEither(compare, vlan, Column(FixedColumn.InnerVlan))}";
            case HeaderField.Tunnel:
                return OfScalar(compare, Column(FixedColumn.Tunnel), Unsigned);
            case HeaderField.TunnelId:
                var number = $"coalesce({Column(FixedColumn.TunnelId)}, 0)";
                return $"{Column(FixedColumn.Tunnel)} IS NOT NULL AND {OfScalar(compare, number, Unsigned)}";
            case HeaderField.FlowId:
                return OfScalar(compare, "flow_id", Unsigned);
            case HeaderField.Node:
                return OfName(compare, FixedColumn.Node);
            case HeaderField.Interface:
                return OfName(compare, FixedColumn.Interface);
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

    private static string OfAddress(CompareNode compare, string end) =>
        EndWithin(end, AddressRanges.Of(compare.Values), compare.Comparison == FilterOperator.NotEqual);

    /// <summary>Whether the address of an end, which is two columns, lies in a range.</summary>
    private static string EndWithin(string end, AddressRanges ranges, bool isNegated)
    {
        var (high, low) = ($"{end}_high", $"{end}_low");
        var bounds = ranges.Bounds;
        var parts = new List<string>();
        for (var index = 0; index + 1 < bounds.Length; index += 2)
        {
            var (first, last) = (bounds[index], bounds[index + 1]);
            var (firstHigh, firstLow) = ((ulong)(first >> 64), (ulong)first);
            var (lastHigh, lastLow) = ((ulong)(last >> 64), (ulong)last);
            var halves = firstHigh == lastHigh
                ? $"{high} = {Unsigned(firstHigh)} AND {Between(low, firstLow, lastLow)}"
                : Between(high, firstHigh, lastHigh);
            if (firstHigh != lastHigh && firstLow != ulong.MinValue)
            {
                halves += $" AND ({high} > {Unsigned(firstHigh)} OR {low} >= {Unsigned(firstLow)})";
            }

            if (firstHigh != lastHigh && lastLow != ulong.MaxValue)
            {
                halves += $" AND ({high} < {Unsigned(lastHigh)} OR {low} <= {Unsigned(lastLow)})";
            }

            parts.Add($"({halves})");
        }

        return Any(parts, high, isNegated);
    }

    private static string Between(string column, ulong first, ulong last) => first == last
        ? $"{column} = {Unsigned(first)}"
        : $"{column} >= {Unsigned(first)} AND {column} <= {Unsigned(last)}";

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
}
