using NetSniff.Records;

namespace NetSniff.Filters.Expression;

internal enum FilterOperator : byte
{
    Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, In,
    Contains, StartsWith, EndsWith, Like, Matches,
}

internal static class FilterOperators
{
    private static readonly string[] s_symbols = ["==", "!=", "<", "<=", ">", ">=", "in"];

    /// <summary>Word operators; each ignores case behind an `i`.</summary>
    private static readonly (string Word, FilterOperator Operator)[] s_words =
    [
        ("contains", FilterOperator.Contains),
        ("startswith", FilterOperator.StartsWith),
        ("endswith", FilterOperator.EndsWith),
        ("like", FilterOperator.Like),
        ("matches", FilterOperator.Matches),
    ];

    public static string Spelled(this FilterOperator comparison, bool ignoresCase)
    {
        if (comparison == FilterOperator.Equal && ignoresCase) return "~";
        if ((int)comparison < s_symbols.Length) return s_symbols[(int)comparison];

        var word = s_words[(int)comparison - s_symbols.Length].Word;
        return ignoresCase ? "i" + word : word;
    }

    public static bool TryWord(string word, out FilterOperator comparison, out bool ignoresCase)
    {
        foreach (var (spelled, candidate) in s_words)
        {
            comparison = candidate;
            ignoresCase = word.Length == spelled.Length + 1 && word[0] is 'i' or 'I';
            if (word.AsSpan(ignoresCase ? 1 : 0).Equals(spelled, StringComparison.OrdinalIgnoreCase)) return true;
        }

        ignoresCase = false;
        comparison = FilterOperator.In;
        return word.Equals("in", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether the operator means something for fields of a kind.</summary>
    public static bool Suits(this FilterOperator comparison, CatalogField field, bool ignoresCase) => comparison switch
    {
        FilterOperator.Equal => !ignoresCase || IsText(field.Kind),
        FilterOperator.NotEqual or FilterOperator.In => true,
        FilterOperator.Less or FilterOperator.LessOrEqual or FilterOperator.Greater or FilterOperator.GreaterOrEqual =>
            IsOrdered(field),
        _ => IsText(field.Kind),
    };

    public static bool IsText(FieldKind kind) => kind is FieldKind.Text or FieldKind.Texts or FieldKind.Bytes;

    public static bool IsOrdered(CatalogField field) => !field.IsNamesOnly
        && field.Kind is FieldKind.Number or FieldKind.Numbers or FieldKind.Duration or FieldKind.Time;
}
