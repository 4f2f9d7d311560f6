using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>Which kinds of record an expression could hold for, so that the others need not be asked.</summary>
internal static class FilterKinds
{
    /// <returns>By number of the kind; true where nothing speaks against it.</returns>
    public static bool[] Of(Filter filter, IReadOnlyList<RecordSchema> schemas) => Of(filter.Root, schemas);

    private static bool[] Of(FilterNode node, IReadOnlyList<RecordSchema> schemas) => node switch
    {
        ConstantNode constant => [.. schemas.Select(_ => constant.Value)],
        AndNode and => [.. and.Parts.Select(part => Of(part, schemas)).Aggregate(
            static (left, right) => [.. left.Zip(right, static (one, other) => one && other)])],
        OrNode or => [.. or.Parts.Select(part => Of(part, schemas)).Aggregate(
            static (left, right) => [.. left.Zip(right, static (one, other) => one || other)])],
        CompareNode { Field.Header: HeaderField.Kind } compare => OfKind(compare, schemas),
        TestNode { Field: { Header: HeaderField.None } field } =>
            [.. schemas.Select(schema => schema.Find(field.Name) is not null)],
        _ => [.. schemas.Select(static _ => true)],
    };

    private static bool[] OfKind(CompareNode compare, IReadOnlyList<RecordSchema> schemas)
    {
        var ranges = ScalarRanges.Of(compare.Comparison, compare.Values);
        var isNegated = compare.Comparison == FilterOperator.NotEqual;
        return [.. schemas.Select(schema => isNegated != ranges.Has(schema.Id))];
    }
}
