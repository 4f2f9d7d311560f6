using System.Collections.Immutable;
using NetSniff.Filters.Expression;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Puts a filter into SQL for a table of one kind. The SQL holds for a row exactly where the filter matches
/// its record.</summary>
/// <remarks>SQL has a third answer for what is not there, the filter language says no: inside a negation each test is
/// therefore asked to be true. What SQL has no words for (regular expressions over octets) is asked of the filter's own
/// test, which is lent to DuckDB until <see cref="Dispose"/>.</remarks>
/// <param name="books">What numbers of the store stand for.</param>
/// <param name="columns">Those that the table has.</param>
internal sealed partial class FilterSql(KindTable table, Books books, ImmutableArray<string> columns) : IDisposable
{
    private readonly List<ulong> _lent = [];
    private readonly HashSet<string> _columns = new(columns, StringComparer.OrdinalIgnoreCase);
    private readonly NameLayout _layout = NameColumns.LayoutOf([columns]);

    /// <summary>Numbers that were asked about, and the last one that was known.</summary>
    private readonly SortedDictionary<string, uint> _known = new(StringComparer.Ordinal);

    // As they were when the filter was made; numbers first, so that all up to them are there.
    private readonly uint _lastPeer = books.Peers.Last;
    private readonly uint _lastName = books.Names.Last;
    private readonly uint[] _peers = books.Peers.Registered;
    private readonly NameText[] _names = books.Names.Texts;

    /// <exception cref="FormatException">The filter cannot be read; the message says where and why.</exception>
    public string Of(string? where)
    {
        if (string.IsNullOrWhiteSpace(where)) return "true";
        var parse = FilterExpression.Parse(where);
        if (!parse.IsOk) throw new FormatException(parse.Problem.Format(where));

        var test = Of(parse.Filter.Root, false);
        // Rows with newer numbers came after the question; what they stand for was not asked.
        return test is "false" or "(false)"
            ? test
            : test + string.Concat(_known.Select(known => $" AND {known.Key} <= {known.Value}"));
    }

    public void Dispose()
    {
        foreach (var test in _lent) SqlFunctions.TakeBack(test);
        _lent.Clear();
    }

    private string Of(FilterNode node, bool isNegated) => node switch
    {
        ConstantNode constant => constant.Value != isNegated ? "true" : "false",
        NotNode not => Of(not.Inner, !isNegated),
        AndNode and => Join(and.Parts, isNegated ? " OR " : " AND ", isNegated),
        OrNode or => Join(or.Parts, isNegated ? " AND " : " OR ", isNegated),
        _ => isNegated ? $"(({OfTest((TestNode)node)}) IS NOT TRUE)" : $"({OfTest((TestNode)node)})",
    };

    private string Join(IReadOnlyList<FilterNode> parts, string between, bool isNegated) =>
        "(" + string.Join(between, parts.Select(part => Of(part, isNegated))) + ")";

    private string OfTest(TestNode node)
    {
        if (node.Field.Header != HeaderField.None) return OfHeader(node);
        if (table.Schema.Find(node.Field.Name) is not { } field || field.Kind != node.Field.Kind) return "false";

        var column = Column(table.FieldColumn(field.Index));
        if (node is not CompareNode compare) return $"{column} IS NOT NULL";
        var isNegated = compare.Comparison == FilterOperator.NotEqual;
        switch (field.Kind)
        {
            case FieldKind.Text or FieldKind.Bytes:
                return OfText(compare, column, field.Kind == FieldKind.Bytes);
            case FieldKind.Texts:
                return OfTexts(compare, column);
            case FieldKind.Address:
                return Within(column, AddressRanges.Of(compare.Values), isNegated);
            case FieldKind.Numbers:
                var inside = Within("x", ScalarRanges.Of(compare.Comparison, compare.Values), false, Unsigned);
                return $"len(list_filter({column}, lambda x: {inside})) {(isNegated ? "= 0" : "> 0")}";
            case FieldKind.Flag:
                return Within(column, ScalarRanges.Of(compare.Comparison, compare.Values), isNegated, Truth);
            case FieldKind.Duration:
                return Within(column, ScalarRanges.Of(compare.Comparison, compare.Values), isNegated, Signed);
            case FieldKind.Time:
                return Within(column, ScalarRanges.Of(compare.Comparison, compare.Values), isNegated, Moment);
            default:
                return Within(column, ScalarRanges.Of(compare.Comparison, compare.Values), isNegated, Unsigned);
        }
    }

    /// <summary>A column, or nothing where the table has none of it.</summary>
    private string Column(string name) => table.ColumnOrNull(name, _columns.Contains(name));

    private string Column(FixedColumn column) => Column(FixedColumns.Name(column));

    private static string Within(string value, ScalarRanges ranges, bool isNegated, Func<ulong, string> spell)
    {
        var bounds = ranges.Bounds;
        var parts = new List<string>();
        for (var index = 0; index + 1 < bounds.Length; index += 2)
        {
            var (first, last) = (bounds[index], bounds[index + 1]);
            // Open ends are left open: they would be in nobody's statistics.
            if (first == last) parts.Add($"{value} = {spell(first)}");
            else if (first == ulong.MinValue && last == ulong.MaxValue) parts.Add($"{value} IS NOT NULL");
            else if (first == ulong.MinValue) parts.Add($"{value} <= {spell(last)}");
            else if (last == ulong.MaxValue) parts.Add($"{value} >= {spell(first)}");
            else parts.Add($"({value} >= {spell(first)} AND {value} <= {spell(last)})");
        }

        return Any(parts, value, isNegated);
    }

    private static string Within(string value, AddressRanges ranges, bool isNegated)
    {
        var bounds = ranges.Bounds;
        var parts = new List<string>();
        for (var index = 0; index + 1 < bounds.Length; index += 2)
        {
            parts.Add(bounds[index] == bounds[index + 1]
                ? $"{value} = {SqlText.Number(bounds[index])}"
                : $"({value} >= {SqlText.Number(bounds[index])} AND {value} <= {SqlText.Number(bounds[index + 1])})");
        }

        return Any(parts, value, isNegated);
    }

    private static string Any(List<string> parts, string value, bool isNegated)
    {
        if (parts.Count == 0) return isNegated ? $"{value} IS NOT NULL" : "false";
        var any = string.Join(" OR ", parts);
        return isNegated ? $"NOT ({any})" : parts.Count == 1 ? any : $"({any})";
    }

    private static string Unsigned(ulong value) => SqlText.Number(value);

    private static string Signed(ulong value) => SqlText.Number((long)(value ^ ScalarRanges.SignFlip));

    private static string Moment(ulong value) => SqlText.Time((long)(value ^ ScalarRanges.SignFlip));

    private static string Truth(ulong value) => value != 0 ? "true" : "false";
}
