using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Puts a filter into SQL for the table of one kind.</summary>
/// <remarks>Each test is 0 or 1, never NULL: a field that is not there fails it, and only then is the answer turned
/// around. What the server has no words for (globs, and regular expressions over octets) is either answered by
/// whoever is asked for the texts that there are, or let through; then <see cref="IsExact"/> is false and each record
/// must be asked.</remarks>
/// <param name="peers">Numbers in <see cref="Peers"/> by those of the store.</param>
internal sealed partial class ClickFilter(ClickTable table, uint[] peers)
{
    /// <summary>Gives SQL of a column's texts, or of the elements of a list's, and gets those that are there.</summary>
    public Func<string, IReadOnlyList<byte[]>>? Texts { get; init; }

    public bool IsExact { get; private set; } = true;

    public Filter? Filter { get; private set; }

    /// <returns>SQL; `1` and `0` where it holds for all or none.</returns>
    /// <exception cref="FormatException">The filter cannot be read; the message says where and why.</exception>
    public string Of(string? where)
    {
        if (string.IsNullOrWhiteSpace(where)) return "1";
        var parse = FilterExpression.Parse(where);
        if (!parse.IsOk) throw new FormatException(parse.Problem.Format(where));
        Filter = parse.Filter;
        return Of(Filter.Root, false);
    }

    private string Of(FilterNode node, bool isNegated)
    {
        switch (node)
        {
            case ConstantNode constant:
                return constant.Value != isNegated ? "1" : "0";
            case NotNode not:
                return Of(not.Inner, !isNegated);
            case AndNode and:
                return Join(and.Parts, isAnd: !isNegated, isNegated);
            case OrNode or:
                return Join(or.Parts, isAnd: isNegated, isNegated);
            default:
                var wasExact = IsExact;
                IsExact = true;
                var test = OfTest((TestNode)node);
                var isKnown = IsExact;
                IsExact &= wasExact;
                if (!isKnown) return "1";
                if (test is "0" or "1") return (test == "1") != isNegated ? "1" : "0";
                return isNegated ? $"NOT ({test})" : $"({test})";
        }
    }

    private string Join(IReadOnlyList<FilterNode> parts, bool isAnd, bool isNegated)
    {
        var (rules, leaves) = isAnd ? ("0", "1") : ("1", "0");
        var spelled = parts.Select(part => Of(part, isNegated)).Where(part => part != leaves).ToList();
        if (spelled.Contains(rules)) return rules;
        if (spelled.Count == 0) return leaves;
        return "(" + string.Join(isAnd ? " AND " : " OR ", spelled) + ")";
    }

    private string OfTest(TestNode node)
    {
        if (node.Field.Header != HeaderField.None) return OfHeader(node);
        if (table.Schema.Find(node.Field.Name) is not { } field || field.Kind != node.Field.Kind) return "0";

        var column = ClickText.Name(table.FieldColumn(field.Index));
        var isList = field.Kind is FieldKind.Texts or FieldKind.Numbers;
        var there = isList ? $"notEmpty({column})" : $"isNotNull({column})";
        if (node is not CompareNode compare) return there;
        var isNegated = compare.Comparison == FilterOperator.NotEqual;
        // Where it is not there the value is nothing's, and nobody looks at it.
        var value = isList ? "x" : $"assumeNotNull({column})";
        var test = field.Kind switch
        {
            FieldKind.Text or FieldKind.Bytes or FieldKind.Texts =>
                OfText(compare, value, isList ? $"arrayJoin({column})" : value, there),
            FieldKind.Address => Within(value, AddressRanges.Of(compare.Values)),
            FieldKind.Duration or FieldKind.Time =>
                Within(value, ScalarRanges.Of(compare.Comparison, compare.Values), Signed),
            _ => Within(value, ScalarRanges.Of(compare.Comparison, compare.Values), ClickText.Number),
        };
        if (isList) test = $"arrayExists(x -> {test}, {column})";
        return $"{there} AND {(isNegated ? "NOT " : "")}({test})";
    }

    private static string Within(string value, ScalarRanges ranges, Func<ulong, string> spell)
    {
        var bounds = ranges.Bounds;
        var parts = new List<string>();
        for (var index = 0; index + 1 < bounds.Length; index += 2)
        {
            var (first, last) = (bounds[index], bounds[index + 1]);
            if (first == last) parts.Add($"{value} = {spell(first)}");
            else if (first == ulong.MinValue && last == ulong.MaxValue) return "1";
            else if (first == ulong.MinValue) parts.Add($"{value} <= {spell(last)}");
            else if (last == ulong.MaxValue) parts.Add($"{value} >= {spell(first)}");
            else parts.Add($"({value} >= {spell(first)} AND {value} <= {spell(last)})");
        }

        return Any(parts);
    }

    private static string Within(string value, AddressRanges ranges)
    {
        var bounds = ranges.Bounds;
        var parts = new List<string>();
        for (var index = 0; index + 1 < bounds.Length; index += 2)
        {
            // Octets in their order on the wire: what compares as text compares as a number.
            var (first, last) = (ClickText.Address(bounds[index]), ClickText.Address(bounds[index + 1]));
            parts.Add(first == last ? $"{value} = {first}" : $"({value} >= {first} AND {value} <= {last})");
        }

        return Any(parts);
    }

    private static string Any(List<string> parts) => parts.Count switch
    {
        0 => "0",
        1 => parts[0],
        _ => "(" + string.Join(" OR ", parts) + ")",
    };

    private static string Signed(ulong value) => ClickText.Number((long)(value ^ ScalarRanges.SignFlip));

    /// <param name="value">SQL of a text that is there.</param>
    /// <param name="all">SQL that gives all texts, where <paramref name="there"/> holds.</param>
    private string OfText(CompareNode compare, string value, string all, string there)
    {
        if (compare.Comparison is FilterOperator.Like or FilterOperator.Matches)
        {
            return OfTold(compare, value, all, there);
        }

        var folded = compare.IgnoresCase ? $"lower({value})" : value;
        var texts = compare.Values.Select(one => compare.IgnoresCase
            ? Array.ConvertAll(one.Bytes, AsciiFold.Lower) : one.Bytes).ToList();
        var spelled = texts.ConvertAll(text => ClickText.Text(text));
        return compare.Comparison switch
        {
            FilterOperator.StartsWith or FilterOperator.EndsWith or FilterOperator.Contains
                when texts[0].Length == 0 => "1",
            FilterOperator.StartsWith => $"startsWith({folded}, {spelled[0]})",
            FilterOperator.EndsWith => $"endsWith({folded}, {spelled[0]})",
            FilterOperator.Contains => $"position({folded}, {spelled[0]}) > 0",
            _ => Any(spelled.ConvertAll(text => $"{folded} = {text}")),
        };
    }

    /// <summary>Our own test is asked about each text that there is, and the server about those that pass it.</summary>
    private string OfTold(CompareNode compare, string value, string all, string there)
    {
        if (Texts is null)
        {
            IsExact = false;
            return "1";
        }

        var test = compare.NewTextTest();
        var passing = Texts($"{all} FROM {ClickText.Name(table.RowsName)} WHERE {there}")
            .Where(text => test.Asks(text)).Select(text => ClickText.Text(text)).ToList();
        return passing.Count == 0 ? "0" : $"has({ClickText.List(passing)}, {value})";
    }
}
