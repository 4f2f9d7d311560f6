using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>What stands to the right of a field.</summary>
internal sealed partial class FilterParser
{
    /// <param name="Token">Where it stands, to point at.</param>
    private readonly record struct Operator(
        FilterOperator Comparison, bool IgnoresCase, bool IsList, FilterToken Token);

    private bool TryTakeOperator(out Operator @operator)
    {
        var token = _token;
        @operator = default;
        if (token.Kind == TokenKind.Word)
        {
            if (Is(token, "not")) return TryTakeNotIn(out @operator);
            if (!FilterOperators.TryWord(Word(token), out var comparison, out var ignoresCase)) return false;

            @operator = new Operator(comparison, ignoresCase, comparison == FilterOperator.In, token);
            Advance(isRegexNext: comparison == FilterOperator.Matches);
            return true;
        }

        if (token.Kind is < TokenKind.Equal or > TokenKind.Same) return false;

        var sign = token.Kind == TokenKind.Same
            ? FilterOperator.Equal
            : FilterOperator.Equal + (token.Kind - TokenKind.Equal);
        @operator = new Operator(sign, token.Kind == TokenKind.Same, false, token);
        Advance();
        return true;
    }

    /// <summary>Behind a field, `not` can only begin `not in`.</summary>
    private bool TryTakeNotIn(out Operator @operator)
    {
        var not = _token;
        Advance();
        @operator = new Operator(FilterOperator.NotEqual, false, true, not);
        if (!TryTake(TokenKind.Word, "in")) Fail(not, "unexpected 'not'", "join conditions with 'and' or 'or'");
        return true;
    }

    private FilterNode? ParseComparison(CatalogField field, Operator @operator)
    {
        if (Problem is not null) return null;

        var (comparison, ignoresCase, isList, token) = @operator;
        if (!comparison.Suits(field, ignoresCase))
        {
            var spelled = comparison.Spelled(ignoresCase);
            return Fail(token, $"{spelled} does not suit {field.Name}, which is {field.KindInWords}",
                FilterOperators.IsText(field.Kind)
                    ? "texts have == != ~ in contains startswith endswith like matches"
                    : FilterOperators.IsOrdered(field) ? "numbers have == != < <= > >= in" : "it has == != in");
        }

        if (ignoresCase && comparison == FilterOperator.Equal) return ParseOne(field, @operator);
        return isList && _token.Kind is TokenKind.Open or TokenKind.OpenBrace
            ? ParseList(field, @operator)
            : ParseOne(field, @operator);
    }

    private CompareNode? ParseOne(CatalogField field, Operator @operator)
    {
        if (ParseValue(field, @operator) is not { } value) return null;
        return new CompareNode(field, @operator.Comparison, @operator.IgnoresCase, [value]);
    }

    private FilterNode? ParseList(CatalogField field, Operator @operator)
    {
        var open = _token;
        var close = open.Kind == TokenKind.Open ? TokenKind.Close : TokenKind.CloseBrace;
        var values = new List<FilterLiteral>();
        Advance();
        do
        {
            if (ParseValue(field, @operator) is not { } value) return null;
            values.Add(value);
        }
        while (TryTake(TokenKind.Comma));
        if (_token.Kind == TokenKind.End) return Fail(open, "this list is never closed");
        if (TryTake(close)) return new CompareNode(field, @operator.Comparison, false, values);
        return Fail(_token, $"unexpected {Shown(_token)}", "part the values of a list with commas");
    }

    /// <summary>One value, or two with `..` between them where the field has an order.</summary>
    private FilterLiteral? ParseValue(CatalogField field, Operator @operator)
    {
        var first = _token;
        if (ParseSingle(field, @operator) is not { } low) return null;
        if (_token.Kind != TokenKind.Range) return low;

        var range = _token;
        var hasRanges = FilterOperators.IsOrdered(field) || field.Kind == FieldKind.Address;
        if (!hasRanges || @operator.Comparison is not (FilterOperator.Equal or FilterOperator.NotEqual
            or FilterOperator.In))
        {
            Fail(range, FilterOperators.IsText(field.Kind) ? "texts have no ranges" : "a range has no place here",
                FilterOperators.IsText(field.Kind) ? "put the text in quotes" : "ranges go behind ==, != and in");
            return null;
        }

        Advance();
        var last = _token;
        if (ParseSingle(field, @operator) is not { } high) return null;
        if (low.Low > high.High || low.FirstAddress > high.LastAddress)
        {
            var whole = new FilterToken(TokenKind.Range, first.Start, last.Start + last.Length - first.Start);
            Fail(whole, "this range is empty: it ends before it begins", $"write {high.Source}..{low.Source}");
            return null;
        }

        return new FilterLiteral($"{low.Source}..{high.Source}")
        {
            Low = low.Low,
            High = high.High,
            FirstAddress = low.FirstAddress,
            LastAddress = high.LastAddress,
        };
    }
}
