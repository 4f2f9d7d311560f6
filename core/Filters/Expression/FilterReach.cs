using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>Whether an expression can match any record of some kinds at all: `http.status >= 500` matches no DNS
/// record.</summary>
/// <remarks>A field that a record lacks compares to nothing, so a test of it holds for no record of another kind. What
/// is negated may always hold. True where it is not certain.</remarks>
public static class FilterReach
{
    /// <summary>The kind that a test asks for when nothing can match, and null when something may.</summary>
    /// <param name="kinds">Names of kinds of records.</param>
    public static string? Missing(Filter filter, IEnumerable<string> kinds)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(kinds);
        var among = kinds.ToList();
        if (among.Exists(kind => CanHold(filter.Root, kind))) return null;

        return Asked(filter.Root).FirstOrDefault(kind => !among.Contains(kind)) ?? Asked(filter.Root).FirstOrDefault();
    }

    private static bool CanHold(FilterNode node, string kind) => node switch
    {
        ConstantNode constant => constant.Value,
        AndNode and => and.Parts.All(part => CanHold(part, kind)),
        OrNode or => or.Parts.Any(part => CanHold(part, kind)),
        CompareNode { Field.Header: HeaderField.Kind } asked => CanBeKind(asked, kind),
        TestNode test => test.Field.Record is null || Has(kind, test.Field.Name),
        _ => true,
    };

    private static bool CanBeKind(CompareNode asked, string kind) =>
        asked.Comparison is not (FilterOperator.Equal or FilterOperator.In)
        || RecordKinds.All.Any(schema => schema.Info.Name == kind
            && asked.Values.Any(value => schema.Id >= value.Low && schema.Id <= value.High));

    /// <summary>By the kind's own schema, for a name may belong to several.</summary>
    private static bool Has(string kind, string field) =>
        RecordKinds.All.Any(schema => schema.Info.Name == kind && schema.Find(field) is not null);

    private static IEnumerable<string> Asked(FilterNode node) => node switch
    {
        AndNode and => and.Parts.SelectMany(Asked),
        OrNode or => or.Parts.SelectMany(Asked),
        TestNode { Field.Record: { } record } => [record],
        _ => [],
    };
}
