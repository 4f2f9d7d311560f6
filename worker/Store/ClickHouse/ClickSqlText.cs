using System.Text.RegularExpressions;

namespace NetSniff.Worker.Store.ClickHouse;

internal enum SqlTokenKind { Word, Quoted, Number, Text, Sign }

internal readonly record struct SqlToken(SqlTokenKind Kind, string Text)
{
    /// <summary>Whether it is this word of SQL, in any case.</summary>
    public bool Is(string word) => Kind is SqlTokenKind.Word or SqlTokenKind.Sign
        && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    public bool IsName => Kind is SqlTokenKind.Word or SqlTokenKind.Quoted;
}

/// <summary>SQL in pieces, as ClickHouse cuts it; comments are none.</summary>
/// <remarks>What servers cut in different ways is refused: texts between dollar signs, and quotes and spaces that are
/// not ASCII. Else a text for us might be a query for the server.</remarks>
internal static partial class ClickSqlText
{
    /// <exception cref="SqlException">A text, a name or a comment has no end, or is not clear.</exception>
    public static List<SqlToken> Cut(string sql)
    {
        List<SqlToken> tokens = [];
        for (var at = 0; at < sql.Length;)
        {
            var letter = sql[at];
            var next = at + 1 < sql.Length ? sql[at + 1] : '\0';
            if (letter is '$' or '\0' or > '\x7f')
            {
                throw new SqlException("outside of quotes there is ASCII alone, and no $");
            }

            if (char.IsWhiteSpace(letter))
            {
                at++;
            }
            else if (letter == '#' || (letter == '-' && next == '-') || (letter == '/' && next == '/'))
            {
                var end = sql.IndexOf('\n', at);
                at = end < 0 ? sql.Length : end;
            }
            else if (letter == '/' && next == '*')
            {
                var end = sql.IndexOf("*/", at + 2, StringComparison.Ordinal);
                at = end < 0 ? throw new SqlException("a comment has no end") : end + 2;
            }
            else
            {
                var end = EndOf(sql, at, out var kind);
                var text = kind == SqlTokenKind.Quoted ? sql[(at + 1)..(end - 1)] : sql[at..end];
                Check(kind, text);
                tokens.Add(new SqlToken(kind, text));
                at = end;
            }
        }

        return tokens;
    }

    private static void Check(SqlTokenKind kind, string text)
    {
        // With escapes a name could be any.
        if (kind == SqlTokenKind.Quoted && text.Contains('\\', StringComparison.Ordinal))
        {
            throw new SqlException("a name in quotes has no backslash");
        }

        // `.5from` is a number and a word for a server.
        if (kind == SqlTokenKind.Number && !Number().IsMatch(text)) throw new SqlException($"{text} is no number");
    }

    [GeneratedRegex(@"^(0[xX][0-9a-fA-F]*|0[bB][01]*|[0-9.]+([eE][0-9]*)?)\z")]
    private static partial Regex Number();

    private static int EndOf(string sql, int start, out SqlTokenKind kind)
    {
        var letter = sql[start];
        var end = start + 1;
        if (letter is '\'' or '"' or '`')
        {
            kind = letter == '\'' ? SqlTokenKind.Text : SqlTokenKind.Quoted;
            for (; end < sql.Length && sql[end] != letter; end++)
            {
                if (sql[end] == '\\') end++;
            }

            return end < sql.Length ? end + 1 : throw new SqlException("a text or name in quotes has no end");
        }

        var isWord = IsLetter(letter);
        kind = isWord ? SqlTokenKind.Word : char.IsAsciiDigit(letter) ? SqlTokenKind.Number : SqlTokenKind.Sign;
        if (kind == SqlTokenKind.Sign) return end;
        while (end < sql.Length && (IsLetter(sql[end]) || char.IsAsciiDigit(sql[end])
            || (!isWord && sql[end] == '.')))
        {
            end++;
        }

        return end;
    }

    private static bool IsLetter(char letter) => char.IsAsciiLetter(letter) || letter == '_';
}
