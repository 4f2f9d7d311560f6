using System.Text.Json;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Says what is not allowed in SQL of strangers, from the engine's own reading of it: one query, over our
/// views, with table functions that touch nothing, and no function that makes as much as it is told to.</summary>
/// <remarks>The engine is locked besides (<see cref="DuckInstance"/>); this stands before it, for the engine may reach
/// the store's own files, and counts no memory for single values.</remarks>
internal static class SqlGuard
{
    /// <summary>Characters of a query.</summary>
    public const int LengthMax = 64 * 1024;

    private const int DepthMax = 1000;

    private static readonly HashSet<string> s_tableFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "range", "generate_series", "unnest", "connections_in",
    };

    private static readonly HashSet<string> s_schemas = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "main", "information_schema",
    };

    /// <summary>One value of these is as large as an argument says.</summary>
    private static readonly HashSet<string> s_greedy = new(StringComparer.OrdinalIgnoreCase)
    {
        "repeat", "lpad", "rpad", "bar", "printf", "format", "list_resize", "array_resize", "range", "generate_series",
    };

    /// <summary>The engine's tree as JSON: what <see cref="Refusal"/> reads.</summary>
    public static string TreeSql(string text) => $"SELECT json_serialize_sql({SqlText.Text(text)}, skip_null := true)";

    /// <returns>Why the query is not run, or null.</returns>
    public static string? Refusal(string tree, Func<string, bool> isView)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(tree, new JsonDocumentOptions { MaxDepth = DepthMax });
        }
        catch (JsonException)
        {
            return "the query is nested too deeply";
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.GetProperty("error").GetBoolean()) return InWords(Text(root, "error_message"));
            var statements = root.GetProperty("statements");
            if (statements.GetArrayLength() != 1) return "one query at a time";

            return Refusal(statements[0], isView);
        }
    }

    private static string InWords(string error) => error.StartsWith("Only SELECT", StringComparison.Ordinal)
        ? "only queries are run: SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE and SHOW TABLES"
        : error;

    private static string? Refusal(JsonElement node, Func<string, bool> isTable)
    {
        if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in node.EnumerateArray())
            {
                if (Refusal(one, isTable) is { } found) return found;
            }

            return null;
        }

        if (node.ValueKind != JsonValueKind.Object) return null;
        if (OfNode(node, isTable) is { } refusal) return refusal;
        if (OfNamedQueries(node, ref isTable) is { } hidden) return hidden;

        // A query that is kept in a node of its own: its name holds where it is used, not where it is made.
        var own = Text(node, "cte_name") is { Length: > 0 } name ? name : Text(node, "ctename");
        var isTableFunction = Text(node, "type") == "TABLE_FUNCTION";
        foreach (var property in node.EnumerateObject())
        {
            if (property.NameEquals("cte_map")) continue;

            var inner = property.Value;
            if (own.Length > 0 && (property.NameEquals("child") || property.NameEquals("right")))
            {
                if (Refusal(inner, With(own, isTable)) is { } inUse) return inUse;
                continue;
            }

            // The function of a table function was looked at; what it is given was not.
            var isCall = isTableFunction && property.NameEquals("function");
            if (isCall && !inner.TryGetProperty("children", out inner)) continue;
            if (Refusal(inner, isTable) is { } found) return found;
        }

        return null;
    }

    /// <summary>`WITH a AS (…), b AS (…)`: a name stands for its query in the queries behind it and in the one they are
    /// made for, and nowhere else; in its own query it still is the table that it hides.</summary>
    private static string? OfNamedQueries(JsonElement node, ref Func<string, bool> isTable)
    {
        if (!node.TryGetProperty("cte_map", out var named) || !named.TryGetProperty("map", out var map)) return null;

        foreach (var entry in map.EnumerateArray())
        {
            if (entry.TryGetProperty("value", out var query) && Refusal(query, isTable) is { } refusal) return refusal;

            isTable = With(Text(entry, "key"), isTable);
        }

        return null;
    }

    private static Func<string, bool> With(string name, Func<string, bool> isTable) =>
        other => name.Equals(other, StringComparison.OrdinalIgnoreCase) || isTable(other);

    private static string? OfNode(JsonElement node, Func<string, bool> isTable)
    {
        switch (Text(node, "type"))
        {
            case "TABLE_FUNCTION":
                var function = node.TryGetProperty("function", out var call) ? Text(call, "function_name") : "";
                return s_tableFunctions.Contains(function)
                    ? null
                    : $"the table function {function} is not allowed; tables are named, and SHOW TABLES lists them";
            case "BASE_TABLE":
                var table = Text(node, "table_name");
                var schema = Text(node, "schema_name");
                if (schema.Equals("information_schema", StringComparison.OrdinalIgnoreCase)) return null;
                var isOurs = s_schemas.Contains(schema) && Text(node, "catalog_name") is "" or "memory";
                return isOurs && isTable(table)
                    ? null
                    : $"there is no table {(schema.Length > 0 ? schema + "." : "")}{table}; SHOW TABLES lists them";
            case "FUNCTION" when s_greedy.Contains(Text(node, "function_name")):
                return $"the function {Text(node, "function_name")} is not allowed: its values may be of any size";
            default:
                return null;
        }
    }

    private static string Text(JsonElement node, string name) =>
        node.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
