namespace NetSniff.Filters.Expression;

/// <summary>Cuts an expression into words, quoted texts and signs. What a word means depends on the field before it,
/// so numbers, addresses, times and names are all words here.</summary>
internal sealed class FilterLexer(string text)
{
    private static readonly (string Sign, TokenKind Kind)[] s_signs =
    [
        ("&&", TokenKind.And), ("||", TokenKind.Or), ("==", TokenKind.Equal), ("!=", TokenKind.NotEqual),
        ("<=", TokenKind.LessOrEqual), (">=", TokenKind.GreaterOrEqual), ("..", TokenKind.Range),
        ("<", TokenKind.Less), (">", TokenKind.Greater), ("!", TokenKind.Not), ("~", TokenKind.Same),
        ("(", TokenKind.Open), (")", TokenKind.Close), ("{", TokenKind.OpenBrace), ("}", TokenKind.CloseBrace),
        (",", TokenKind.Comma),
    ];

    private int _position;

    /// <summary>Why the last token was bad.</summary>
    public FilterProblem? Problem { get; private set; }

    /// <param name="isRegexNext">Whether a slash begins a regular expression; elsewhere it may begin a path.</param>
    public FilterToken Next(bool isRegexNext = false)
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position])) _position++;
        if (_position == text.Length) return new FilterToken(TokenKind.End, _position, 0);

        var first = text[_position];
        if (first is '\'' or '"') return Quoted(first, TokenKind.Text, "text");
        if (first == '/' && isRegexNext) return Quoted('/', TokenKind.Regex, "regular expression");

        var length = WordLength();
        if (length > 0) return Take(TokenKind.Word, length);

        var rest = text.AsSpan(_position);
        foreach (var (sign, kind) in s_signs)
        {
            if (rest.StartsWith(sign)) return Take(kind, sign.Length);
        }

        return Bad(1, $"unexpected '{FilterProblem.Printable(text.AsSpan(_position, 1))}'", HintFor(first));
    }

    /// <summary>A word goes on over dots but ends before two of them, which make a range.</summary>
    private int WordLength()
    {
        var end = _position;
        while (end < text.Length && IsOfWord(text[end]))
        {
            if (text[end] == '.' && end + 1 < text.Length && text[end + 1] == '.') break;
            end++;
        }

        return end - _position + KeyLength(end);
    }

    /// <summary>A key in brackets belongs to the word before it: `pod.labels["app"]`.</summary>
    private int KeyLength(int open)
    {
        if (open == _position || open + 1 >= text.Length || text[open] != '[') return 0;
        if (text[open + 1] is not ('"' or '\'')) return 0;

        var close = text.IndexOf(text[open + 1], open + 2);
        return close > open + 2 && close + 1 < text.Length && text[close + 1] == ']' ? close + 2 - open : 0;
    }

    private static bool IsOfWord(char letter) =>
        char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or ':' or '/' or '-' or '+' or '%' or '@' or '$';

    /// <summary>A backslash keeps the sign behind it from closing; what it means is read later.</summary>
    private FilterToken Quoted(char quote, TokenKind kind, string what)
    {
        for (var end = _position + 1; end < text.Length; end++)
        {
            if (text[end] == '\\') end++;
            else if (text[end] == quote) return Take(kind, end + 1 - _position);
        }

        return Bad(text.Length - _position, $"this {what} is never closed", $"end it with {quote}");
    }

    private FilterToken Take(TokenKind kind, int length)
    {
        var token = new FilterToken(kind, _position, length);
        _position += length;
        return token;
    }

    private FilterToken Bad(int length, string what, string suggestion)
    {
        Problem = new FilterProblem(_position + 1, length, what, suggestion);
        return new FilterToken(TokenKind.Bad, _position, length);
    }

    private static string HintFor(char first) => first switch
    {
        '=' => "write ==",
        '&' => "write && or 'and'",
        '|' => "write || or 'or'",
        '\u2018' or '\u2019' or '\u201c' or '\u201d' => "write straight quotes",
        '*' or '?' => "put the pattern in quotes, behind 'like'",
        '[' or ']' => "a list is written in parentheses",
        > '~' => "put the text in quotes",
        _ => "",
    };
}
