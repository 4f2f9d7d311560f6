using System.Text;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Texts, octets and lists of texts.</summary>
internal sealed partial class FilterSql
{
    private const string Capitals = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'";
    private const string Smalls = "'abcdefghijklmnopqrstuvwxyz'";

    private string OfTexts(CompareNode compare, string column)
    {
        var isNegated = compare.Comparison == FilterOperator.NotEqual;
        var test = OfText(compare, "x", false, isNegated);
        return $"len(list_filter({column}, lambda x: {test})) {(isNegated ? "= 0" : "> 0")}";
    }

    /// <param name="isTurned">The negation is said by the caller.</param>
    private string OfText(CompareNode compare, string column, bool isOctets, bool isTurned = false)
    {
        var texts = compare.Values.Select(value => value.Bytes).ToArray();
        // A literal that is no UTF-8, or has characters that stand for octets, may match inside of what a column
        // keeps as one character.
        var isPlain = texts.All(text => Octets.IsPlain(text));
        var isSimple = compare.Comparison is FilterOperator.Equal or FilterOperator.NotEqual or FilterOperator.In
            || (isPlain && !isOctets && compare.Comparison is FilterOperator.StartsWith or FilterOperator.EndsWith
                or FilterOperator.Contains);
        if (!isSimple || (isOctets && compare.IgnoresCase)) return Lend(compare, column, isOctets);

        var folded = compare.IgnoresCase ? $"translate({column}, {Capitals}, {Smalls})" : column;
        var spelled = texts.Select(text => isOctets ? SqlText.Blob(text) : Spell(text, compare.IgnoresCase)).ToArray();
        var not = compare.Comparison == FilterOperator.NotEqual && !isTurned ? "NOT " : "";
        return compare.Comparison switch
        {
            FilterOperator.StartsWith => $"starts_with({folded}, {spelled[0]})",
            FilterOperator.EndsWith => $"ends_with({folded}, {spelled[0]})",
            FilterOperator.Contains => $"contains({folded}, {spelled[0]})",
            _ => spelled.Length == 1 && not.Length == 0
                ? $"{folded} = {spelled[0]}"
                : $"{folded} {not}IN ({string.Join(", ", spelled)})",
        };
    }

    private static string Spell(byte[] text, bool isFolded)
    {
        var octets = isFolded ? Array.ConvertAll(text, AsciiFold.Lower) : text;
        var kept = new byte[Octets.GrowthMax * octets.Length];
        return SqlText.Text(kept.AsSpan(0, Octets.Keep(octets, kept)));
    }

    private string Lend(CompareNode compare, string column, bool isOctets)
    {
        var number = SqlFunctions.Lend(() => compare.NewTextTest());
        _lent.Add(number);
        return SqlFunctions.Call(number, column, isOctets);
    }
}
