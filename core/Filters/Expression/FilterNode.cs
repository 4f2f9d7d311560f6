using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>An expression as a tree, from which the program is compiled and the text is printed.</summary>
internal abstract class FilterNode
{
    /// <summary>The text in parentheses where it stands inside another node and needs them.</summary>
    public virtual string Inside => ToString();

    public abstract override string ToString();
}

internal sealed class ConstantNode(bool value) : FilterNode
{
    public bool Value { get; } = value;

    public override string ToString() => Value ? "true" : "false";
}

internal sealed class NotNode(FilterNode inner) : FilterNode
{
    public FilterNode Inner { get; } = inner;

    public override string ToString() => "!(" + Inner + ")";
}

internal sealed class AndNode(IReadOnlyList<FilterNode> parts) : FilterNode
{
    public IReadOnlyList<FilterNode> Parts { get; } = parts;

    public override string Inside => "(" + this + ")";

    public override string ToString() => string.Join(" and ", Parts.Select(part => part.Inside));
}

internal sealed class OrNode(IReadOnlyList<FilterNode> parts) : FilterNode
{
    public IReadOnlyList<FilterNode> Parts { get; } = parts;

    public override string Inside => "(" + this + ")";

    public override string ToString() => string.Join(" or ", Parts.Select(part => part.Inside));
}

/// <summary>A leaf: something asked of one field.</summary>
internal abstract class TestNode(CatalogField field) : FilterNode
{
    public CatalogField Field { get; } = field;

    /// <param name="origins">What interfaces of records stand for.</param>
    public abstract FilterTest NewTest(OriginBook origins);

    protected FilterTest NewNamedTest(OriginBook origins, TextTest? question, bool isNegated) => Field.Peer is { } peer
        ? new PeerTest(peer, question, isNegated)
        : new OriginTest(Field.Header, origins, question, isNegated);
}

internal sealed class ExistsNode(CatalogField field) : TestNode(field)
{
    public override FilterTest NewTest(OriginBook origins) => Field.Header switch
    {
        HeaderField.None => new ExistsTest(Field),
        >= HeaderField.Node => NewNamedTest(origins, question: null, isNegated: false),
        _ => new HeaderExistsTest(Field.Header),
    };

    public override string ToString() => "exists " + Field.Name;
}

internal sealed class CompareNode(
    CatalogField field, FilterOperator comparison, bool ignoresCase, IReadOnlyList<FilterLiteral> values)
    : TestNode(field)
{
    public FilterOperator Comparison { get; } = comparison;

    public bool IgnoresCase { get; } = ignoresCase;

    public IReadOnlyList<FilterLiteral> Values { get; } = values;

    /// <summary>How it is said in one word, where there is one.</summary>
    public string? Written { get; init; }

    private bool IsNegated => Comparison == FilterOperator.NotEqual;

    public override FilterTest NewTest(OriginBook origins) => Field.Kind switch
    {
        FieldKind.Address => Field.Header == HeaderField.None
            ? new AddressTest(Field, AddressRanges.Of(Values), IsNegated)
            : new HeaderAddressTest(Field.Header, AddressRanges.Of(Values), IsNegated),
        FieldKind.Text when Field.Header != HeaderField.None => NewNamedTest(origins, NewTextTest(), IsNegated),
        FieldKind.Text or FieldKind.Texts or FieldKind.Bytes => NewTextTest(),
        _ => Field.Header == HeaderField.None
            ? new ScalarTest(Field, ScalarRanges.Of(Comparison, Values), IsNegated)
            : new HeaderScalarTest(Field.Header, ScalarRanges.Of(Comparison, Values), IsNegated),
    };

    public override string ToString()
    {
        if (Written is not null) return Written;

        var values = string.Join(", ", Values.Select(value => value.Source));
        var isList = Comparison == FilterOperator.In || Values.Count > 1;
        var word = isList && IsNegated ? "not in" : Comparison.Spelled(IgnoresCase);
        return isList ? $"{Field.Name} {word} ({values})" : $"{Field.Name} {word} {values}";
    }

    internal TextTest NewTextTest()
    {
        var texts = Values.Select(value => value.Bytes).ToArray();
        return Comparison switch
        {
            FilterOperator.Contains => new ContainsTest(Field, texts[0], IgnoresCase),
            FilterOperator.StartsWith => new StartsTest(Field, texts[0], IgnoresCase),
            FilterOperator.EndsWith => new EndsTest(Field, texts[0], IgnoresCase),
            FilterOperator.Like => new GlobTest(Field, Values[0].Glob, IgnoresCase),
            FilterOperator.Matches => new RegexTest(Field, Values[0].Regex!),
            _ => new EqualTest(Field, texts, IgnoresCase, IsNegated),
        };
    }
}
