namespace NetSniff.Filters.Expression;

/// <summary>Reads an expression by recursive descent, one method a line of the grammar, and stops at the first
/// problem. A null node always comes with a problem.</summary>
internal sealed partial class FilterParser
{
    private static readonly string[] s_keywords = ["and", "or", "not", "in", "exists", "true", "false"];

    private readonly string _text;
    private readonly FieldCatalog _catalog;
    private readonly FilterLexer _lexer;
    private FilterToken _token;
    private int _depth;

    public FilterParser(string text, FieldCatalog catalog)
    {
        _text = text;
        _catalog = catalog;
        _lexer = new FilterLexer(text);
        _token = _lexer.Next();
    }

    public FilterProblem? Problem { get; private set; }

    public FilterNode? Parse()
    {
        if (_token.Kind == TokenKind.End) return new ConstantNode(true);

        var node = ParseOr();
        if (node is null || _token.Kind == TokenKind.End) return node;
        return _token.Kind == TokenKind.Close
            ? Fail(_token, "this parenthesis was never opened")
            : Fail(_token, $"unexpected {Shown(_token)}", "join conditions with 'and' or 'or'");
    }

    private FilterNode? ParseOr()
    {
        var parts = new List<FilterNode>(1);
        do
        {
            if (ParseAnd() is not { } part) return null;
            parts.Add(part);
        }
        while (TryTake(TokenKind.Or, "or"));
        return parts is [var only] ? only : new OrNode(parts);
    }

    private FilterNode? ParseAnd()
    {
        var parts = new List<FilterNode>(1);
        do
        {
            if (ParseUnary() is not { } part) return null;
            parts.Add(part);
        }
        while (TryTake(TokenKind.And, "and"));
        return parts is [var only] ? only : new AndNode(parts);
    }

    private FilterNode? ParseUnary()
    {
        var isNegated = false;
        while (TryTake(TokenKind.Not, "not")) isNegated = !isNegated;
        var node = _token.Kind == TokenKind.Open ? ParseParentheses() : ParseCondition();
        return node is not null && isNegated ? new NotNode(node) : node;
    }

    private FilterNode? ParseParentheses()
    {
        var open = _token;
        if (_depth == FilterExpression.DepthMax)
        {
            return Fail(open, $"more than {FilterExpression.DepthMax} parentheses inside each other");
        }

        Advance();
        _depth++;
        var node = ParseOr();
        _depth--;
        if (node is null) return null;
        if (_token.Kind == TokenKind.End) return Fail(open, "this parenthesis is never closed");
        if (!TryTake(TokenKind.Close))
        {
            return Fail(_token, $"unexpected {Shown(_token)}", "join conditions with 'and' or 'or'");
        }

        return node;
    }

    private FilterNode? ParseCondition()
    {
        if (_token.Kind != TokenKind.Word) return Fail(_token, $"expected a field, not {Shown(_token)}");
        if (TryTake(TokenKind.Word, "true")) return new ConstantNode(true);
        if (TryTake(TokenKind.Word, "false")) return new ConstantNode(false);

        var isExists = TryTake(TokenKind.Word, "exists");
        var name = _token;
        if (name.Kind != TokenKind.Word || IsKeyword(name))
        {
            return Fail(name, $"expected a field, not {Shown(name)}");
        }

        Advance();
        if (_catalog.FindBit(Word(name)) is var (bit, whole)) return ParseBit(bit, whole, name, isExists);

        var field = _catalog.Find(Word(name));
        if (isExists) return field is null ? FailUnknown(name) : new ExistsNode(field);
        if (!TryTakeOperator(out var @operator)) return ParseBare(name, field);
        return field is null ? FailUnknown(name) : ParseComparison(field, @operator);
    }

    /// <summary>A word alone: a flag that is up, a field that is there, or the name of a kind, an app or a transport.
    /// </summary>
    private FilterNode? ParseBare(FilterToken name, CatalogField? field)
    {
        if (field is { Kind: Records.FieldKind.Flag })
        {
            var isUp = new FilterLiteral("true") { Low = 1, High = 1 };
            return new CompareNode(field, FilterOperator.Equal, false, [isUp]);
        }

        if (field is not null) return new ExistsNode(field);

        var parts = new List<FilterNode>(2);
        foreach (var known in (ReadOnlySpan<string>)["kind", "app", "proto"])
        {
            // A transport is meant only where no protocol has that name.
            if (known == "proto" && parts.Count > 0) break;
            if (_catalog.Find(known) is not { Names: { } names } owner) continue;
            if (!names.TryFind(Word(name), out var value)) continue;

            var literal = new FilterLiteral(Word(name)) { Low = value, High = value };
            parts.Add(new CompareNode(owner, FilterOperator.Equal, false, [literal]));
        }

        return parts switch { [] => FailUnknown(name), [var only] => only, _ => new OrNode(parts) };
    }

    private FilterNode? FailUnknown(FilterToken name)
    {
        if (FieldAliases.NotServed.TryGetValue(Word(name), out var why))
        {
            return Fail(name, $"{Word(name)} cannot be asked for", why, FilterFault.NotServed);
        }

        var nearest = _catalog.Nearest(Word(name));
        return Fail(
            name, $"unknown field {Shown(name)}", nearest is null ? "" : $"did you mean {nearest}?",
            FilterFault.UnknownField);
    }

    /// <summary>`tcp.flags.syn`, `!tcp.flags.ack`, `tcp.flags.rst == true`: numbers with that bit.</summary>
    private FilterNode? ParseBit(FieldBit bit, CatalogField whole, FilterToken name, bool isExists)
    {
        if (isExists) return new ExistsNode(whole);

        var isUp = true;
        if (TryTakeOperator(out var @operator))
        {
            if (Problem is not null) return null;
            if (@operator is not { Comparison: FilterOperator.Equal or FilterOperator.NotEqual, IgnoresCase: false }
                || !(Is(_token, "true") || Is(_token, "false")))
            {
                return Fail(name, $"{bit.Name} is true or false", $"write {bit.Name} or !{bit.Name}");
            }

            isUp = Is(_token, "true") == (@operator.Comparison == FilterOperator.Equal);
            Advance();
        }

        return new CompareNode(whole, FilterOperator.In, false, [.. BitRanges(bit.Bit, isUp)])
        {
            Written = isUp ? bit.Name : $"{bit.Name} == false",
        };
    }

    /// <summary>The octets in which a bit is set, or is not, as ranges.</summary>
    private static IEnumerable<FilterLiteral> BitRanges(int bit, bool isUp)
    {
        var size = 1u << bit;
        for (var low = isUp ? size : 0; low <= byte.MaxValue; low += 2 * size)
        {
            var high = low + size - 1;
            yield return new FilterLiteral($"{low}..{high}") { Low = low, High = high };
        }
    }

    private FilterNode? Fail(
        FilterToken token, string text, string suggestion = "", FilterFault fault = FilterFault.Syntax)
    {
        Problem ??= _lexer.Problem
            ?? new FilterProblem(token.Start + 1, Math.Max(1, token.Length), text, suggestion) { Fault = fault };
        return null;
    }

    private void Advance(bool isRegexNext = false) => _token = _lexer.Next(isRegexNext);

    private bool TryTake(TokenKind kind, string? word = null)
    {
        var isTaken = _token.Kind == TokenKind.Word ? word is not null && Is(_token, word) : _token.Kind == kind;
        if (isTaken) Advance();
        return isTaken;
    }

    private bool Is(FilterToken token, string word) => token.Kind == TokenKind.Word
        && _text.AsSpan(token.Start, token.Length).Equals(word, StringComparison.OrdinalIgnoreCase);

    private bool IsKeyword(FilterToken token) => s_keywords.Any(word => Is(token, word));

    private string Word(FilterToken token) => _text.Substring(token.Start, token.Length);

    /// <summary>A token as it may be quoted back.</summary>
    private string Shown(FilterToken token)
    {
        const int shownMax = 40;
        if (token.Kind == TokenKind.End) return "the end";

        var text = FilterProblem.Printable(_text.AsSpan(token.Start, Math.Min(token.Length, shownMax)));
        if (token.Kind is TokenKind.Text or TokenKind.Regex) return text;
        return token.Length > shownMax ? $"'{text}…'" : $"'{text}'";
    }
}
