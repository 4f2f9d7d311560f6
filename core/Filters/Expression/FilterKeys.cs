using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>A field that must have one of some values for a filter to hold: so that many filters can be told apart by
/// one look at a record.</summary>
/// <param name="Values">Exact ones, never none.</param>
internal sealed record FilterKey(CatalogField Field, IReadOnlyList<FilterLiteral> Values);

internal static class FilterKeys
{
    /// <summary>More values than that tell too little apart.</summary>
    private const int ValuesMax = 512;

    /// <summary>All of which must be met.</summary>
    public static IEnumerable<FilterKey> Of(Filter filter) => Parts(filter.Root)
        .OfType<CompareNode>()
        .Where(IsKey)
        .Select(static compare => new FilterKey(compare.Field, compare.Values));

    private static IEnumerable<FilterNode> Parts(FilterNode node) =>
        node is AndNode and ? and.Parts.SelectMany(Parts) : [node];

    private static bool IsKey(CompareNode compare)
    {
        var field = compare.Field;
        if (compare.Comparison is not (FilterOperator.Equal or FilterOperator.In) || compare.IgnoresCase) return false;
        if (compare.Values.Count is 0 or > ValuesMax) return false;

        return field.Kind switch
        {
            FieldKind.Number => field.Header is HeaderField.None or HeaderField.SourcePort or HeaderField.TargetPort
                && compare.Values.All(static value => value.Low == value.High),
            FieldKind.Address => field.Header != HeaderField.Ip
                && compare.Values.All(static value => value.FirstAddress == value.LastAddress),
            FieldKind.Text => field.Header == HeaderField.None || field.Peer is { Ends: not PeerEnds.Either },
            _ => false,
        };
    }
}
