using System.Globalization;
using NetSniff.Fuzz.Captures;
using NetSniff.Records;

namespace NetSniff.Fuzz.Variants;

/// <summary>Holds what a variant says against what the capture says.</summary>
internal static class VariantCheck
{
    private static readonly string[] s_ofHellos =
    [
        "tls.client.key_shares", "tls.client.extensions", "tls.ja3", "tls.ja3_string", "tls.ja3s", "tls.ja3s_string",
        "tls.ja4",
    ];

    /// <summary>Where a promise was broken, one line each; none when it was kept.</summary>
    public static IReadOnlyList<string> Differences(
        VariantPromise promise, IReadOnlyList<RecordText> wanted, IReadOnlyList<RecordText> found) =>
        promise switch
        {
            VariantPromise.Same => Unequal(Lines(wanted), Lines(found)),
            VariantPromise.SameOrUnclaimed => UnequalWhereClaimed(wanted, found),
            _ => Wrong([.. wanted.Where(IsExchange)], [.. found.Where(IsExchange)]),
        };

    private static List<string> UnequalWhereClaimed(IReadOnlyList<RecordText> wanted, IReadOnlyList<RecordText> found)
    {
        var claimed = found.Where(IsExchange).Select(PortsOf).ToHashSet();
        return Unequal(Lines([.. wanted.Where(IsCompared)]), Lines([.. found.Where(IsCompared)]));

        bool IsCompared(RecordText record) => claimed.Contains(PortsOf(record));
    }

    /// <summary>Exchanges as they are; of flows who speaks what, for bytes and packets may differ.</summary>
    private static List<string> Lines(IReadOnlyList<RecordText> records) =>
    [
        .. records.Select(record => IsExchange(record)
            ? record.Line
            : $"{record.Kind} {record.ClientPort}>{record.ServerPort} {record.App}"),
    ];

    private static bool IsExchange(RecordText record) => record.Kind != "flow";

    private static List<string> Unequal(List<string> wanted, List<string> found)
    {
        var differences = new List<string>();
        var left = wanted.CountBy(line => line).ToDictionary();
        foreach (var line in found)
        {
            if (left.GetValueOrDefault(line) > 0) left[line]--;
            else differences.Add($"added {line}");
        }

        differences.AddRange(left.SelectMany(each => Enumerable.Repeat($"lacks {each.Key}", each.Value)));
        return differences;
    }

    /// <summary>A record that is not partial must be one of the wanted; a partial one must not say anything that the
    /// connection did not. What the flow is called does not count: a proxy's greeting may be what was lost.</summary>
    private static List<string> Wrong(List<RecordText> wanted, List<RecordText> found)
    {
        var differences = new List<string>();
        var left = wanted.CountBy(record => record.LineOfAnyApp).ToDictionary();
        var byPorts = wanted.ToLookup(PortsOf);
        foreach (var record in found)
        {
            if (left.GetValueOrDefault(record.LineOfAnyApp) > 0)
            {
                left[record.LineOfAnyApp]--;
            }
            else
            {
                var known = byPorts[PortsOf(record)].Where(each => each.Kind == record.Kind).ToList();
                var isMarked = record.IsPartial || IsHalf(record) || known.Any(each => IsRenumbered(each, record));
                if (!isMarked) differences.Add($"not marked partial: {Difference(record, known)}");
                differences.AddRange(record.Fields.Where(field => !IsKnown(field, record, known))
                    .Select(field => $"wrong {field.Name}={field.Value}: {record.Line}"));
            }
        }

        return differences;
    }

    /// <summary>A question without an answer, or the other way round, says so by itself: nobody can tell an answer that
    /// was lost, with all that came after it, from one that was never given.</summary>
    private static bool IsHalf(RecordText record)
    {
        var names = record.Fields.Select(field => field.Name).ToHashSet();
        var isDnsHalf = record.Fields.Any(field =>
            field is { Name: "dns.has_response" or "dns.has_query", Value: "false" });
        return isDnsHalf
            || (record.Kind == "http" && !(names.Contains("http.method") && names.Contains("http.status")));
    }

    /// <summary>Of datagrams nobody can tell that there were some before: exchanges are numbered from the first.
    /// </summary>
    private static bool IsRenumbered(RecordText whole, RecordText part)
    {
        const string Number = "dns.exchange";
        return Has(part, "dns.tcp", "false") && part.Traits == whole.Traits
            && part.Fields.Where(IsCompared).SequenceEqual(whole.Fields.Where(IsCompared));

        static bool IsCompared(FieldText field) =>
            field.Name != Number && field.Kind is not (FieldKind.Duration or FieldKind.Time);
    }

    /// <summary>Where the record leaves the one that is most like it.</summary>
    private static string Difference(RecordText record, List<RecordText> known)
    {
        const int Before = 60;
        var common = known.Select(each => each.Line.AsSpan().CommonPrefixLength(record.Line)).DefaultIfEmpty(0).Max();
        var near = known.Select(each => each.Line)
            .FirstOrDefault(line => line.AsSpan().CommonPrefixLength(record.Line) == common, "");
        var from = Math.Max(0, common - Before);
        return $"…{record.Line[Math.Min(from, record.Line.Length)..]} WANTED …{near[Math.Min(from, near.Length)..]}";
    }

    private static (ushort, ushort) PortsOf(RecordText record) =>
        (Math.Min(record.ClientPort, record.ServerPort), Math.Max(record.ClientPort, record.ServerPort));

    /// <summary>Whether some whole record has the value: the same, a part of the text, no more than the number.
    /// </summary>
    private static bool IsKnown(FieldText field, RecordText record, List<RecordText> known)
    {
        if (field.Kind is FieldKind.Duration or FieldKind.Time or FieldKind.Flag) return true;

        // Of a response alone it is the response's.
        if (field.Name == "http.version") return true;

        // Says that the capture has not all of it, or that a stream was reset whose answer, which came before, is lost.
        var isOfLoss = field.Value == "cut" || field.Value.StartsWith("reset", StringComparison.Ordinal);
        if (field.Name == "http.problem" && isOfLoss) return true;

        // The hellos after a retry have other shares and a cookie (RFC 8446 section 4.1.2). Joined between the two they
        // are the first.
        if (s_ofHellos.Contains(field.Name) && known.Any(each => Has(each, "tls.hello_retry", "true"))) return true;

        // Of an answer alone it is what the answerer takes.
        if (field.Name.StartsWith("dns.edns.", StringComparison.Ordinal) && Has(record, "dns.has_query", "false"))
        {
            return true;
        }

        foreach (var whole in known)
        {
            foreach (var other in whole.Fields)
            {
                if (other.Name == field.Name && Covers(other, field)) return true;
                if (field.Name == "dns.exchange" && other.Name == field.Name && IsHalfOf(other, field)) return true;
            }
        }

        // A number that counts may be there only because something was left out.
        return field.Kind == FieldKind.Number && field.Value == "0";
    }

    /// <summary>A question behind a hole comes after its answer, which was told alone: both have a number.</summary>
    private static bool IsHalfOf(FieldText whole, FieldText half) =>
        ulong.Parse(half.Value, CultureInfo.InvariantCulture)
            <= (2 * ulong.Parse(whole.Value, CultureInfo.InvariantCulture)) + 1;

    private static bool Has(RecordText record, string field, string value) =>
        record.Fields.Any(each => each.Name == field && each.Value == value);

    private static bool Covers(FieldText whole, FieldText part) => part.Kind switch
    {
        FieldKind.Number => ulong.Parse(part.Value, CultureInfo.InvariantCulture)
            <= ulong.Parse(whole.Value, CultureInfo.InvariantCulture),
        FieldKind.Text or FieldKind.Bytes => whole.Value.Contains(part.Value, StringComparison.Ordinal),
        FieldKind.Texts or FieldKind.Numbers => part.Value.Trim('[', ']').Split(", ")
            .All(each => whole.Value.Contains(each, StringComparison.Ordinal)),
        _ => whole.Value == part.Value,
    };
}
