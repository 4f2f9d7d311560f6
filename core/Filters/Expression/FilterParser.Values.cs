using System.Text.RegularExpressions;
using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>Values, each read for the kind of its field.</summary>
internal sealed partial class FilterParser
{
    private int _regexBudget = RegexBudget.SizeMax;

    private FilterLiteral? ParseSingle(CatalogField field, Operator @operator)
    {
        var token = _token;
        if (token.Kind is not (TokenKind.Word or TokenKind.Text or TokenKind.Regex))
        {
            Fail(token, $"expected a value for {field.Name}, not {Shown(token)}", $"as in: {field.Example}");
            return null;
        }

        var literal = @operator.Comparison switch
        {
            FilterOperator.Matches => ReadRegex(token, @operator.IgnoresCase),
            FilterOperator.Like => ReadGlob(token),
            _ => field.Kind switch
            {
                FieldKind.Text or FieldKind.Texts => ReadText(token),
                FieldKind.Bytes => ReadBytes(token),
                FieldKind.Address => ReadAddress(field, token),
                _ => ReadScalar(field, token),
            },
        };
        if (literal is not null) Advance();
        return literal;
    }

    private FilterLiteral? ReadScalar(CatalogField field, FilterToken token)
    {
        var word = token.Kind == TokenKind.Word ? Word(token) : "";
        if (word.Length > 0 && field.Names?.TryFind(word, out var named) == true) return Scalar(token, named);
        if (word.Length > 0 && !field.IsNamesOnly && TryScalar(field.Kind, word, out var value))
        {
            return Scalar(token, value);
        }

        return FailScalar(field, token);
    }

    private static bool TryScalar(FieldKind kind, string word, out ulong value)
    {
        switch (kind)
        {
            case FieldKind.Duration:
                var isDuration = FilterValues.TryDuration(word, out var duration);
                value = (ulong)duration ^ ScalarRanges.SignFlip;
                return isDuration;
            case FieldKind.Time:
                var isTime = FilterValues.TryTime(word, out var time);
                value = (ulong)time ^ ScalarRanges.SignFlip;
                return isTime;
            case FieldKind.Flag:
                value = word.Equals("true", StringComparison.OrdinalIgnoreCase) ? 1u : 0u;
                return value == 1 || word.Equals("false", StringComparison.OrdinalIgnoreCase);
            default:
                return FilterValues.TryNumber(word, out value);
        }
    }

    private FilterLiteral Scalar(FilterToken token, ulong value) => new(Word(token)) { Low = value, High = value };

    private FilterLiteral? FailScalar(CatalogField field, FilterToken token)
    {
        var inside = Word(token).Trim('\'', '"');
        if (field.Names is { } names && (field.IsNamesOnly || (inside.Length > 0 && char.IsAsciiLetter(inside[0]))))
        {
            var nearest = Likeness.Nearest(inside, names.Names);
            var isQuoted = token.Kind == TokenKind.Text && names.TryFind(inside, out _);
            Fail(token,
                isQuoted ? $"{field.Name} is {field.KindInWords}" : $"{field.Name} has no value named {Shown(token)}",
                isQuoted ? $"write {inside} without quotes" : nearest is null ? "" : $"did you mean {nearest}?");
            return null;
        }

        var shown = Shown(token);
        var isText = token.Kind == TokenKind.Text || !FilterValues.LooksNumeric(inside)
            || inside.EndsWith("xx", StringComparison.OrdinalIgnoreCase);
        Fail(token, $"{field.Name} is {field.KindInWords}; {shown} is {(isText ? "text" : "not")}",
            FilterValues.HintFor(field, inside));
        return null;
    }

    private FilterLiteral? ReadAddress(CatalogField field, FilterToken token)
    {
        if (token.Kind == TokenKind.Word && FilterValues.TryNetwork(Word(token), out var first, out var last))
        {
            var isV6 = _text.AsSpan(token.Start, token.Length).Contains(':');
            return new FilterLiteral(Word(token)) { FirstAddress = first, LastAddress = last, IsV6Only = isV6 };
        }

        var inside = Word(token).Trim('\'', '"');
        var isQuoted = token.Kind == TokenKind.Text && FilterValues.TryNetwork(inside, out _, out _);
        Fail(token, $"{field.Name} is an address; {Shown(token)} is {(isQuoted ? "text" : "not")}",
            isQuoted ? $"write {inside} without quotes" : "write one such as 10.0.0.1, 2001:db8::1 or 10.0.0.0/8");
        return null;
    }

    private FilterLiteral? ReadText(FilterToken token)
    {
        if (token.Kind == TokenKind.Text) return ReadQuoted(token);
        var word = Word(token);
        if (_catalog.Find(word) is null || !word.Contains('.')) return new(word) { Bytes = FilterValues.Utf8(word) };

        Fail(token, $"{word} is a field, and fields are not compared with each other", $"write '{word}' for the text");
        return null;
    }

    private FilterLiteral? ReadQuoted(FilterToken token)
    {
        var inside = _text.AsSpan(token.Start + 1, token.Length - 2);
        if (FilterValues.TryUnescape(inside, out var bytes, out var fault)) return new(Word(token)) { Bytes = bytes };

        FailEscape(token, fault);
        return null;
    }

    private FilterLiteral? ReadBytes(FilterToken token)
    {
        if (token.Kind == TokenKind.Text) return ReadQuoted(token);
        if (FilterValues.TryHex(Word(token), out var bytes)) return new(Word(token)) { Bytes = bytes };

        Fail(token, $"{Shown(token)} is not hex", "write octets such as 00ff7a or 00:ff:7a, or a text in quotes");
        return null;
    }

    private FilterLiteral? ReadGlob(FilterToken token)
    {
        var isQuoted = token.Kind == TokenKind.Text;
        var inside = isQuoted ? _text.AsSpan(token.Start + 1, token.Length - 2) : Word(token);
        var isRead = FilterValues.TryGlob(inside, isQuoted, out var glob, out var fault);
        if (!isRead) FailEscape(token, fault);
        return isRead ? new(Word(token)) { Glob = glob } : null;
    }

    private FilterNode? FailEscape(FilterToken token, int fault) => Fail(
        new FilterToken(TokenKind.Text, token.Start + 1 + fault, 2),
        "no such escape", @"escapes are \\ \' \"" \n \r \t \0 \xNN, and \* \? in patterns");

    private FilterLiteral? ReadRegex(FilterToken token, bool ignoresCase)
    {
        if (token.Kind != TokenKind.Regex)
        {
            Fail(token, "matches wants a regular expression between slashes", "as in: matches /^a.*b$/");
            return null;
        }

        var pattern = RegexBudget.Unescape(_text.AsSpan(token.Start + 1, token.Length - 2));
        if (RegexBudget.Refuse(pattern) is { } refusal)
        {
            Fail(token, refusal, fault: FilterFault.Regex);
            return null;
        }

        var cost = RegexBudget.Cost(pattern);
        if (cost < 0 || cost > _regexBudget)
        {
            Fail(token, cost < 0
                    ? "the parentheses of the regular expression do not match"
                    : "the regular expressions are too big once their repetitions are written out",
                cost < 0 ? "" : "repeat with * or +, or with smaller counts", FilterFault.Regex);
            return null;
        }

        _regexBudget -= cost;
        try
        {
            var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant
                | (ignoresCase ? RegexOptions.IgnoreCase : RegexOptions.None);
            return new FilterLiteral(Word(token)) { Regex = new Regex(pattern, options) };
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            Fail(token, "the regular expression cannot be read: " + RegexBudget.Reason(error),
                fault: FilterFault.Regex);
            return null;
        }
    }
}
