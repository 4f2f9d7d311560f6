using System.Globalization;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Fields and measures of an aggregate, as SQL over the table of a kind.</summary>
internal static class FieldSql
{
    // An address is two columns.
    private const string SourceEnd = "src";
    private const string TargetEnd = "dst";

    /// <summary>What groups by a field, and how its value is shown: as text, and no text where it is missing.</summary>
    /// <remarks>Grouped are the values; only those of the groups become texts.</remarks>
    /// <exception cref="FormatException">There is no such field, or it has several values.</exception>
    public static GroupSql Group(KindTable table, string field, NameLayout layout)
    {
        if (NameColumn(field) is { } name) return GroupByName(name, layout);

        var column = Column(table, field, out var kind);
        return kind switch
        {
            FieldKind.Address when column is SourceEnd or TargetEnd => new GroupSql(
                [$"{column}_high", $"{column}_low"], key => $"ip_text(ip_number({key[0]}, {key[1]}))"),
            FieldKind.Address => new GroupSql([column], key => $"coalesce(ip_text({key[0]}), '')"),
            FieldKind.Bytes => new GroupSql([column], key => $"coalesce(lower(hex({key[0]})), '')"),
            FieldKind.Time => new GroupSql([column], key => $"coalesce(CAST(epoch_ns({key[0]}) AS VARCHAR), '')"),
            FieldKind.Texts or FieldKind.Numbers =>
                throw new FormatException($"'{field}' has several values: nothing can be grouped by it"),
            _ => new GroupSql([column], key => $"coalesce(CAST({key[0]} AS VARCHAR), '')"),
        };
    }

    private static FixedColumn? NameColumn(string field) => FieldCatalog.Shared.Find(field)?.Header switch
    {
        HeaderField.App => FixedColumn.App,
        HeaderField.Node => FixedColumn.Node,
        HeaderField.Interface => FixedColumn.Interface,
        _ => null,
    };

    private static GroupSql GroupByName(FixedColumn name, NameLayout layout) => layout == NameLayout.Numbers
        ? new GroupSql(
            [$"coalesce({FixedColumns.Name(name)}, {NameBook.None})"],
            key => $"coalesce({SqlNames.Call(key[0])}, '')")
        : new GroupSql([NameColumns.Text(name, layout)], key => $"coalesce({key[0]}, '')");

    /// <summary>`count`, `sum(FIELD)` … as a number.</summary>
    /// <exception cref="FormatException">It is no measure.</exception>
    public static string Measure(KindTable table, string measure)
    {
        if (measure == "count") return "CAST(count(*) AS DOUBLE)";
        var open = measure.IndexOf('(', StringComparison.Ordinal);
        if (open <= 0 || measure[^1] != ')') throw NoMeasure(measure);

        var name = measure[..open];
        var value = Number(table, measure[(open + 1)..^1]);
        if (name is "sum" or "min" or "max" or "avg") return $"CAST({name}({value}) AS DOUBLE)";
        var isPercentile = name.Length is 2 or 3 && name[0] == 'p'
            && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
        if (!isPercentile) throw NoMeasure(measure);

        var part = int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture) / 100.0;
        return string.Create(
            CultureInfo.InvariantCulture, $"CAST(approx_quantile(CAST({value} AS DOUBLE), {part}) AS DOUBLE)");
    }

    /// <summary>A field's value where it is a number.</summary>
    /// <exception cref="FormatException">There is no such field, or it is not a number.</exception>
    public static string Number(KindTable table, string field)
    {
        var column = Column(table, field, out var kind);
        return kind switch
        {
            FieldKind.Number or FieldKind.Duration => column,
            FieldKind.Flag => $"CAST({column} AS UTINYINT)",
            _ => throw new FormatException($"'{field}' is not a number"),
        };
    }

    private static string Column(KindTable table, string field, out FieldKind kind)
    {
        if (FieldCatalog.Shared.Find(field) is not { } known)
        {
            var nearest = FieldCatalog.Shared.Nearest(field);
            throw new FormatException(
                $"unknown field '{field}'" + (nearest is null ? "" : $"; did you mean {nearest}?"));
        }

        kind = known.Kind;
        if (known.Header != HeaderField.None) return HeaderColumn(known, ref kind);
        if (table.Schema.Find(known.Name) is not { } own)
        {
            throw new FormatException($"{table.Name} records have no field '{field}'");
        }

        return SqlText.Name(table.FieldColumn(own.Index));
    }

    private static string HeaderColumn(CatalogField field, ref FieldKind kind)
    {
        switch (field.Header)
        {
            case HeaderField.SourceIp: return SourceEnd;
            case HeaderField.TargetIp: return TargetEnd;
            case HeaderField.SourcePort: return "src_port";
            case HeaderField.TargetPort: return "dst_port";
            case HeaderField.Proto: return "proto";
            case HeaderField.TunnelId: return "coalesce(tunnel_id, 0)";
            case HeaderField.FlowId: return "flow_id";
            case HeaderField.Time: return "time";
            case HeaderField.Partial: return "\"partial\"";
            case HeaderField.Malformed: return "malformed";
            case HeaderField.Vlan:
                kind = FieldKind.Number;
                return "vlan";
            case HeaderField.App or HeaderField.Node or HeaderField.Interface:
                // Never a number; grouped by elsewhere.
                kind = FieldKind.Text;
                return FixedColumns.Name(NameColumn(field.Name)!.Value);
            case HeaderField.Tunnel:
                kind = FieldKind.Text;
                return Views.TunnelName;
            case HeaderField.Peer when field.Peer!.Ends != PeerEnds.Either: return PeerColumn(field.Peer);
            default:
                throw new FormatException($"nothing can be grouped by '{field.Name}'");
        }
    }

    private static string PeerColumn(PeerField field)
    {
        var number = field.Ends == PeerEnds.Source ? "client_peer" : "server_peer";
        var text = field.Aspect switch
        {
            PeerAspect.Pod => "CASE kind WHEN 'pod' THEN name END",
            PeerAspect.WorkloadKind => "workload_kind",
            PeerAspect.Label => $"labels[{SqlText.Text(field.Key)}]",
            _ => Enum.GetName(field.Aspect)!.ToLowerInvariant(),
        };
        // A scalar subquery is a join to the engine.
        return $"(SELECT any_value({text}) FROM books.peers WHERE peer = {number})";
    }

    private static FormatException NoMeasure(string measure) => new(
        $"'{measure}' is no measure; there are count, sum(FIELD), min(FIELD), max(FIELD), avg(FIELD) and p50(FIELD) …");
}

/// <summary>Columns that group, and how their value is shown, said of the names that they go by.</summary>
internal readonly record struct GroupSql(string[] Keys, Func<string[], string> Shown);
