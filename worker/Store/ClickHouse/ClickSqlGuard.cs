namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Says what is not allowed in SQL of strangers: it is one SELECT, over our views, by no function that reaches
/// for something else.</summary>
/// <remarks>The server is told to only read besides, and to what end of time and memory; this stands before it, for a
/// server has other databases, and table functions that reach files and the network. It reads words and not the
/// grammar: what it is not sure of is refused.</remarks>
internal static class ClickSqlGuard
{
    /// <summary>Characters of a query.</summary>
    public const int LengthMax = 64 * 1024;

    private const int DepthMax = 200;

    private static readonly HashSet<string> s_functions = new(StringComparer.OrdinalIgnoreCase)
    {
        "file", "url", "sleep", "sleepEachRow", "getSetting", "getServerSetting", "getMacro", "getMergeTreeSetting",
        "hostName", "hostname", "fqdn", "fullHostName", "serverUUID", "tcpPort", "currentUser", "user", "initialUser",
        "currentRoles", "enabledRoles", "defaultRoles", "currentProfiles", "enabledProfiles", "defaultProfiles",
        "hasColumnInTable", "evalMLMethod", "catboostEvaluate", "modelEvaluate", "showCertificate", "logTrace",
        "addressToLine", "addressToLineWithInlines", "addressToSymbol", "getOSKernelVersion", "zookeeperSessionUptime",
        "displayName", "queryID", "initialQueryID", "throwIf", "trap", "hasThreadFuzzer", "connectionId",
        "connection_id", "executable", "input", "view", "viewIfPermitted", "notIn", "globalIn", "globalNotIn", "nullIn",
        "notNullIn", "globalNullIn", "globalNotNullIn", "inIgnoreSet", "notInIgnoreSet", "globalInIgnoreSet",
        "globalNotInIgnoreSet", "nullInIgnoreSet", "notNullInIgnoreSet", "globalNullInIgnoreSet",
        "globalNotNullInIgnoreSet",
    };

    private static readonly string[] s_functionStarts = ["joinGet", "dict", "filesystem", "ai"];

    /// <summary>Words after which a list is no list of tables. ON and USING are none: behind their condition tables go
    /// on.</summary>
    private static readonly HashSet<string> s_clauses = new(StringComparer.OrdinalIgnoreCase)
    {
        "select", "where", "prewhere", "group", "order", "having", "limit", "union", "except", "intersect",
        "window", "qualify", "array", "offset",
    };

    /// <summary>Words behind which a value begins.</summary>
    private static readonly HashSet<string> s_beforeValues = new(StringComparer.OrdinalIgnoreCase)
    {
        "select", "distinct", "with", "where", "prewhere", "having", "qualify", "on", "by", "limit", "offset", "and",
        "or", "xor", "case", "when", "then", "else", "between", "like", "ilike", "in", "is", "div", "mod", "as", "all",
        "any", "regexp", "rlike", "interval", "array", "join", "using", "from", "over", "partition", "order", "group",
    };

    private static readonly HashSet<string> s_refusedWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "settings", "outfile", "infile",
    };

    /// <returns>Why the query is not run, or null.</returns>
    public static string? Refusal(IReadOnlyList<SqlToken> tokens, Func<string, bool> isView)
    {
        if (!tokens[0].Is("select") && !tokens[0].Is("with") && !tokens[0].Is("("))
        {
            return "only queries are run: SELECT, WITH, DESCRIBE and SHOW TABLES";
        }

        var known = Named(tokens);
        var inTables = new Stack<bool>([false]);
        for (var at = 0; at < tokens.Count; at++)
        {
            var here = at;
            bool IsTable(string name) =>
                isView(name) || known.Exists(one => one.Name == name && one.From < here && here < one.To);
            var refusal = OfBrackets(tokens[at], inTables) ?? OfWord(tokens, at, IsTable, inTables);
            if (refusal is not null) return refusal;
        }

        return inTables.Count == 1 ? null : "a bracket is not closed";
    }

    /// <summary>What the query itself names as a table: `NAME AS (`. It holds behind its own query, in which it still
    /// is the table that it hides, to the end of the query that it is made for.</summary>
    private static List<(string Name, int From, int To)> Named(IReadOnlyList<SqlToken> tokens)
    {
        List<(string, int, int)> known = [];
        for (var at = 0; at + 2 < tokens.Count; at++)
        {
            if (!tokens[at].IsName || !tokens[at + 1].Is("as") || !tokens[at + 2].Is("(")) continue;

            var from = Closing(tokens, at + 3);
            known.Add((tokens[at].Text, from, Closing(tokens, from + 1)));
        }

        return known;
    }

    /// <summary>Where the bracket closes that is open there, or the end.</summary>
    private static int Closing(IReadOnlyList<SqlToken> tokens, int at)
    {
        var depth = 1;
        for (; at < tokens.Count; at++)
        {
            if (tokens[at].Is("(")) depth++;
            if (tokens[at].Is(")") && --depth == 0) return at;
        }

        return tokens.Count;
    }

    private static string? OfBrackets(SqlToken token, Stack<bool> inTables)
    {
        if (token.Is(";")) return "one query at a time";
        if (token.Is("(")) inTables.Push(false);
        if (inTables.Count > DepthMax) return "the query is nested too deeply";
        if (token.Is(")"))
        {
            inTables.Pop();
            if (inTables.Count == 0) return "a bracket is closed that was not opened";
        }

        return token.Is(",") && inTables.Peek() ? "tables are joined with JOIN, not with a comma" : null;
    }

    private static string? OfWord(
        IReadOnlyList<SqlToken> tokens, int at, Func<string, bool> isTable, Stack<bool> inTables)
    {
        var token = tokens[at];
        if (!token.IsName) return null;
        var isCall = Next(tokens, at).Is("(");
        if (isCall && IsRefusedFunction(token.Text)) return $"the function {token.Text} is not allowed";
        if (isCall && IsIn(token) && (token.Kind == SqlTokenKind.Quoted || !IsBehindValue(tokens, at)))
        {
            return "IN stands between a value and a list";
        }

        if (token.Kind != SqlTokenKind.Word || (at > 0 && tokens[at - 1].Is("."))) return null;
        if (s_refusedWords.Contains(token.Text)) return $"{token.Text.ToUpperInvariant()} is not allowed";

        var before = at > 0 ? tokens[at - 1] : default;
        var isFrom = token.Is("from") && !(before.Kind == SqlTokenKind.Word && before.Is("distinct"));
        var isJoin = token.Is("join") && !(before.Kind == SqlTokenKind.Word && before.Is("array"));
        if (isFrom || isJoin)
        {
            SetTop(inTables, true);
            return Next(tokens, at).Is("(") ? null : OfTable(tokens, at + 1, isTable);
        }

        if (s_clauses.Contains(token.Text) && !IsAlias(tokens, at)) SetTop(inTables, false);
        return token.Is("in") ? OfSet(tokens, at + 1, isTable) : null;
    }

    /// <summary>Behind IN stands a list, a query, or the name of a table.</summary>
    private static string? OfSet(IReadOnlyList<SqlToken> tokens, int at, Func<string, bool> isTable)
    {
        var first = at;
        while (At(tokens, first).Is("(")) first++;
        if (!At(tokens, first).IsName || At(tokens, first).Is("select") || At(tokens, first).Is("with")) return null;
        var isAlone = first == at || At(tokens, first + 1).Is(")") || At(tokens, first + 1).Is(".");
        return isAlone ? OfTable(tokens, first, isTable) : null;
    }

    private static string? OfTable(IReadOnlyList<SqlToken> tokens, int at, Func<string, bool> isTable)
    {
        var name = At(tokens, at);
        var next = At(tokens, at + 1);
        if (next.Is("(")) return $"the table function {name.Text} is not allowed; SHOW TABLES lists what there is";
        var whole = next.Is(".") ? $"{name.Text}.{At(tokens, at + 2).Text}" : name.Text;
        return name.IsName && !next.Is(".") && isTable(name.Text)
            ? null
            : $"there is no table {whole}; SHOW TABLES lists them";
    }

    private static bool IsRefusedFunction(string name) => s_functions.Contains(name)
        || s_functionStarts.Any(start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether such a word may be another name for a table, behind which the list goes on.</summary>
    private static bool IsAlias(IReadOnlyList<SqlToken> tokens, int at)
    {
        var next = Next(tokens, at);
        return (at > 0 && tokens[at - 1].Is("as")) || next.Is(",") || next.Is("final") || next.Is("sample");
    }

    private static bool IsIn(SqlToken token) => token.Text.Equals("in", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether IN is the operator there. The function of that name takes a table as well.</summary>
    private static bool IsBehindValue(IReadOnlyList<SqlToken> tokens, int at)
    {
        do at--;
        while (at >= 0 && (tokens[at].Is("not") || tokens[at].Is("global")));
        if (at < 0) return false;

        return tokens[at].Kind switch
        {
            SqlTokenKind.Sign => tokens[at].Text is ")" or "]",
            SqlTokenKind.Word => !s_beforeValues.Contains(tokens[at].Text),
            _ => true,
        };
    }

    private static void SetTop(Stack<bool> inTables, bool isIn)
    {
        inTables.Pop();
        inTables.Push(isIn);
    }

    private static SqlToken Next(IReadOnlyList<SqlToken> tokens, int at) => At(tokens, at + 1);

    private static SqlToken At(IReadOnlyList<SqlToken> tokens, int at) =>
        at < tokens.Count ? tokens[at] : new SqlToken(SqlTokenKind.Sign, "");
}
