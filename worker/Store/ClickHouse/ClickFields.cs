using System.Globalization;
using NetSniff.Filters.Expression;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Fields and measures of an aggregate, as SQL over the table of a kind.</summary>
/// <param name="peers">Numbers in <see cref="Peers"/> by those of the store.</param>
internal sealed class ClickFields(ClickTable table, uint[] peers)
{
    /// <summary>What groups by a field: its value as text, and no text where it is missing.</summary>
    /// <exception cref="FormatException">There is no such field, or it has several values.</exception>
    public string Group(string field)
    {
        var known = Find(field);
        if (known.Header != HeaderField.None) return Header(known);

        var column = Own(known, out var kind);
        var value = $"assumeNotNull({column})";
        var text = kind switch
        {
            FieldKind.Address => ClickSchema.IpText(value),
            FieldKind.Bytes => $"lower(hex({value}))",
            FieldKind.Text => value,
            FieldKind.Flag => Truth(value),
            FieldKind.Texts or FieldKind.Numbers =>
                throw new FormatException($"'{field}' has several values: nothing can be grouped by it"),
            _ => $"toString({value})",
        };
        return $"if(isNull({column}), '', {text})";
    }

    /// <summary>`count`, `sum(FIELD)` … as a number, which is none where there is nothing to measure.</summary>
    /// <exception cref="FormatException">It is no measure.</exception>
    public string Measure(string measure)
    {
        if (measure == "count") return "toFloat64(count())";
        var open = measure.IndexOf('(', StringComparison.Ordinal);
        if (open <= 0 || measure[^1] != ')') throw NoMeasure(measure);

        var name = measure[..open];
        var value = Number(measure[(open + 1)..^1]);
        var sql = name switch
        {
            "sum" or "avg" => $"{name}(toFloat64({value}))",
            "min" or "max" => $"{name}({value})",
            _ => null,
        };
        if (sql is null)
        {
            var isPercentile = name.Length is 2 or 3 && name[0] == 'p'
                && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
            if (!isPercentile) throw NoMeasure(measure);
            var part = int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture) / 100.0;
            sql = string.Create(CultureInfo.InvariantCulture, $"quantileTDigest({part})(toFloat64({value}))");
        }

        // NULL or an invented zero where no row has the field: both say nothing.
        return $"if(count({value}) = 0, nan, toFloat64(assumeNotNull({sql})))";
    }

    /// <summary>A field's value where it is a number.</summary>
    /// <exception cref="FormatException">There is no such field, or it is not a number.</exception>
    public string Number(string field)
    {
        var known = Find(field);
        switch (known.Header)
        {
            case HeaderField.None:
                var column = Own(known, out var kind);
                if (kind is FieldKind.Number or FieldKind.Duration or FieldKind.Flag) return column;
                break;
            case HeaderField.SourcePort: return "src_port";
            case HeaderField.TargetPort: return "dst_port";
            case HeaderField.Proto: return "proto";
            case HeaderField.TunnelId: return "tunnel_id";
            case HeaderField.FlowId: return "flow_id";
            case HeaderField.Vlan: return "nullIf(vlan, 0)";
            case HeaderField.Partial: return "partial";
            case HeaderField.Malformed: return "malformed";
        }

        throw new FormatException($"'{field}' is not a number");
    }

    private static CatalogField Find(string field)
    {
        if (FieldCatalog.Shared.Find(field) is { } known) return known;
        var nearest = FieldCatalog.Shared.Nearest(field);
        throw new FormatException($"unknown field '{field}'" + (nearest is null ? "" : $"; did you mean {nearest}?"));
    }

    private string Own(CatalogField known, out FieldKind kind)
    {
        kind = known.Kind;
        return table.Schema.Find(known.Name) is { } own
            ? ClickText.Name(table.FieldColumn(own.Index))
            : throw new FormatException($"{table.Name} records have no field '{known.Name}'");
    }

    private string Header(CatalogField field) => field.Header switch
    {
        HeaderField.SourceIp => ClickSchema.IpText("src_addr"),
        HeaderField.TargetIp => ClickSchema.IpText("dst_addr"),
        HeaderField.SourcePort => "toString(src_port)",
        HeaderField.TargetPort => "toString(dst_port)",
        HeaderField.Proto => "toString(proto)",
        HeaderField.TunnelId => "toString(tunnel_id)",
        HeaderField.FlowId => "toString(flow_id)",
        HeaderField.Time => "toString(time)",
        HeaderField.Partial => Truth("partial"),
        HeaderField.Malformed => Truth("malformed"),
        HeaderField.Vlan => "if(vlan = 0, '', toString(vlan))",
        HeaderField.App => "app",
        HeaderField.Tunnel => ClickSchema.TunnelName("tunnel"),
        HeaderField.Node => "node",
        HeaderField.Interface => "interface",
        HeaderField.Peer when field.Peer!.Ends != PeerEnds.Either => PeerText(field.Peer),
        _ => throw new FormatException($"nothing can be grouped by '{field.Name}'"),
    };

    /// <summary>The worker knows all peers: their numbers and texts are told, which is less than a join.</summary>
    private string PeerText(PeerField field)
    {
        List<string> numbers = [];
        List<string> texts = [];
        for (var own = 1; own < peers.Length; own++)
        {
            var text = peers[own] == Peers.Unnamed ? "" : field.TextOf(Peers.Of(peers[own]));
            if (text.Length == 0) continue;
            numbers.Add(own.ToString(CultureInfo.InvariantCulture));
            texts.Add(ClickText.Text(text));
        }

        var column = field.Ends == PeerEnds.Source ? "client_peer" : "server_peer";
        return numbers.Count == 0
            ? $"substring(toString({column}), 1, 0)"
            : $"transform({column}, {ClickText.List(numbers)}, {ClickText.List(texts)}, '')";
    }

    private static string Truth(string value) => $"if({value} != 0, 'true', 'false')";

    private static FormatException NoMeasure(string measure) => new(
        $"'{measure}' is no measure; there are count, sum(FIELD), min(FIELD), max(FIELD), avg(FIELD) and p50(FIELD) …");
}
