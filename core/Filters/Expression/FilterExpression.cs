namespace NetSniff.Filters.Expression;

/// <summary>The one filter language over records: command line, custom resources, rules and the web page share it.
/// docs/filter-language.md has the grammar.</summary>
public static class FilterExpression
{
    /// <summary>Characters of an expression.</summary>
    public const int LengthMax = 4096;

    /// <summary>Parentheses inside parentheses.</summary>
    public const int DepthMax = 64;

    /// <summary>Reads an expression against every record kind registered so far. Blank text matches every record.
    /// </summary>
    public static FilterParse Parse(string text) => Parse(text, FieldCatalog.Shared);

    /// <summary>Reads an expression; whatever the text, the answer is a value.</summary>
    public static FilterParse Parse(string text, FieldCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(catalog);
        if (text.Length > LengthMax)
        {
            return new FilterParse(new FilterProblem(
                LengthMax + 1, 1, $"the expression is {text.Length} characters long; the most is {LengthMax}"));
        }

        var parser = new FilterParser(text, catalog);
        var node = parser.Parse();
        return node is null ? new FilterParse(parser.Problem!) : new FilterParse(new Filter(text, node));
    }
}
