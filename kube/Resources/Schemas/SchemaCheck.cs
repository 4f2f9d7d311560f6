using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NetSniff.Kube.Resources.Schemas;

/// <summary>What an API server does with an object and its schema: fills in defaults, and says what is wrong.</summary>
/// <remarks>For where there is no server: a file on somebody's disk, and one that was taken by an older schema. Rules
/// in
/// CEL are not looked at; <see cref="ResourceChecks"/> has them.</remarks>
public static class SchemaCheck
{
    /// <summary>Problems told of one object; more say no more.</summary>
    private const int ProblemsMax = 100;

    private static readonly TimeSpan s_patternTimeMax = TimeSpan.FromMilliseconds(100);

    /// <summary>Puts in what is left out and has a default, inner objects first made and then filled.</summary>
    public static void FillIn(JsonObject schema, JsonNode? node)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (node is JsonArray list && schema["items"] is JsonObject entries)
        {
            foreach (var entry in list) FillIn(entries, entry);
        }

        if (node is not JsonObject map || schema["properties"] is not JsonObject properties) return;

        foreach (var (name, property) in properties)
        {
            var inner = property!.AsObject();
            if (!map.ContainsKey(name) && inner["default"] is { } without) map[name] = without.DeepClone();
            FillIn(inner, map[name]);
        }
    }

    /// <returns>Nothing when all is well.</returns>
    public static IReadOnlyList<ResourceProblem> Of(JsonObject schema, JsonNode? node)
    {
        ArgumentNullException.ThrowIfNull(schema);
        List<ResourceProblem> problems = [];
        Look(schema, node, "", problems);
        return problems;
    }

    private static void Look(JsonObject schema, JsonNode? node, string where, List<ResourceProblem> problems)
    {
        if (problems.Count >= ProblemsMax || schema.ContainsKey("x-kubernetes-preserve-unknown-fields")) return;

        if (schema.ContainsKey("x-kubernetes-int-or-string"))
        {
            var isEither = node is JsonValue either
                && (either.GetValueKind() == JsonValueKind.String || IsInteger(either, out _));
            if (!isEither) problems.Add(new(where, "WrongType", "must be a whole number or a text"));
            if (!isEither || node!.GetValueKind() != JsonValueKind.String) return;

            LookAtText(schema, node.GetValue<string>(), where, problems);
            return;
        }

        switch (schema["type"]!.GetValue<string>())
        {
            case "object" when node is JsonObject map:
                LookAtObject(schema, map, where, problems);
                break;
            case "array" when node is JsonArray list:
                LookAtList(schema, list, where, problems);
                break;
            case "string" when node?.GetValueKind() == JsonValueKind.String:
                LookAtText(schema, node.GetValue<string>(), where, problems);
                break;
            case "integer" when node is JsonValue value && IsInteger(value, out var number):
                LookAtNumber(schema, number, where, problems);
                break;
            case "boolean" when node?.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
                break;
            case var type:
                problems.Add(new(where, "WrongType", $"must be of type {type}"));
                break;
        }
    }

    private static bool IsInteger(JsonValue value, out long number)
    {
        number = 0;
        return value.GetValueKind() == JsonValueKind.Number
            && long.TryParse(
                value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    private static void LookAtObject(JsonObject schema, JsonObject map, string where, List<ResourceProblem> problems)
    {
        foreach (var name in (schema["required"] as JsonArray ?? []).Select(static name => name!.GetValue<string>()))
        {
            if (!map.ContainsKey(name)) problems.Add(new(Below(where, name), "Required", "is required"));
        }

        if (schema["maxProperties"]?.GetValue<int>() is { } max && map.Count > max)
        {
            problems.Add(new(where, "TooMany", $"must have at most {max} entries"));
        }

        foreach (var (name, value) in map)
        {
            if (schema["additionalProperties"] is JsonObject any)
            {
                Look(any, value, Below(where, name), problems);
            }
            else if (schema["properties"] is JsonObject properties)
            {
                if (properties[name] is JsonObject inner) Look(inner, value, Below(where, name), problems);
                else problems.Add(new(Below(where, name), "UnknownField", "there is no such field"));
            }
        }
    }

    private static void LookAtList(JsonObject schema, JsonArray list, string where, List<ResourceProblem> problems)
    {
        if (schema["maxItems"]?.GetValue<int>() is { } max && list.Count > max)
        {
            problems.Add(new(where, "TooMany", $"must have at most {max} entries"));
            return;
        }

        if (schema["minItems"]?.GetValue<int>() is { } min && list.Count < min)
        {
            problems.Add(new(where, "TooFew", $"must have at least {min} entries"));
        }

        HashSet<string> met = new(StringComparer.Ordinal);
        for (var place = 0; place < list.Count; place++)
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"{where}[{place}]");
            Look(schema["items"]!.AsObject(), list[place], at, problems);
            if (KeyOf(schema, list[place]) is { } key && !met.Add(key))
            {
                problems.Add(new(at, "Duplicate", "is there twice"));
            }
        }
    }

    private static string? KeyOf(JsonObject schema, JsonNode? entry) =>
        schema["x-kubernetes-list-type"]?.GetValue<string>() switch
        {
            "set" => entry?.ToJsonString() ?? "null",
            "map" => string.Join('\n', schema["x-kubernetes-list-map-keys"]!.AsArray()
                .Select(key => (entry as JsonObject)?[key!.GetValue<string>()]?.ToJsonString())),
            _ => null,
        };

    private static void LookAtText(JsonObject schema, string text, string where, List<ResourceProblem> problems)
    {
        // The server counts characters as Unicode has them.
        var length = text.EnumerateRunes().Count();
        if (schema["enum"] is JsonArray values && !values.Any(value => value!.GetValue<string>() == text))
        {
            problems.Add(new(where, "Unsupported", $"must be one of {string.Join(", ", values)}"));
        }

        if (schema["maxLength"]?.GetValue<int>() is { } max && length > max)
        {
            problems.Add(new(where, "TooLong", $"must have at most {max} characters"));
            return;
        }

        if (schema["minLength"]?.GetValue<int>() is { } min && length < min)
        {
            problems.Add(new(where, "TooShort", $"must have at least {min} characters"));
        }

        if (schema["pattern"]?.GetValue<string>() is { } pattern && !IsMatch(pattern, text))
        {
            problems.Add(new(where, "Malformed", $"must look like {pattern}"));
        }

        if (schema["format"]?.GetValue<string>() == "date-time" && !DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
        {
            problems.Add(new(where, "Malformed", "must be a time such as 2026-01-31T09:00:00Z"));
        }
    }

    private static bool IsMatch(string pattern, string text)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, s_patternTimeMax);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static void LookAtNumber(JsonObject schema, long number, string where, List<ResourceProblem> problems)
    {
        var isSmall = schema["format"]?.GetValue<string>() == "int32";
        var min = schema["minimum"]?.GetValue<long>() ?? (isSmall ? int.MinValue : long.MinValue);
        var max = schema["maximum"]?.GetValue<long>() ?? (isSmall ? int.MaxValue : long.MaxValue);
        if (number >= min && number <= max) return;

        var text = string.Create(CultureInfo.InvariantCulture, $"must be between {min} and {max}");
        problems.Add(new(where, "OutOfRange", text));
    }

    private static string Below(string where, string name) => where.Length == 0 ? name : $"{where}.{name}";
}
