using NetSniff.Records;

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
    /// <param name="origins">What <see cref="RecordHeader.Interface"/> stands for; left out, places in
    /// <see cref="Origins"/>.</param>
    public static FilterParse Parse(string text, FieldCatalog catalog, OriginBook? origins = null)
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
        if (node is null) return new FilterParse(parser.Problem!);

        return new FilterParse(new Filter(text, node, origins ?? Origins.Book));
    }
}
