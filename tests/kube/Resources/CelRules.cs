using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cel;

namespace NetSniff.Tests.Kube.Resources;

/// <summary>Evaluates the rules of a schema as an API server does.</summary>
internal static class CelRules
{
    private static readonly CelEnvironment s_environment = new(null, null);
    private static readonly Dictionary<string, CelProgramDelegate> s_programs = [];

    /// <returns>Field and message of each rule that does not hold.</returns>
    public static IReadOnlyList<(string Field, string Text)> Of(JsonObject schema, JsonNode? now, JsonNode? before)
    {
        List<(string, string)> found = [];
        Look(schema, now, before, "", found);
        return found;
    }

    /// <summary>Messages of all rules of a schema.</summary>
    public static IEnumerable<string> Messages(JsonNode? schema) => schema switch
    {
        JsonObject map => (map["x-kubernetes-validations"] as JsonArray ?? [])
            .Select(rule => rule!["message"]!.GetValue<string>())
            .Concat(map.Where(field => field.Key != "x-kubernetes-validations")
                .SelectMany(field => Messages(field.Value))),
        JsonArray list => list.SelectMany(Messages),
        _ => [],
    };

    private static void Look(
        JsonObject schema, JsonNode? now, JsonNode? before, string where, List<(string, string)> found)
    {
        if (now is null) return;

        foreach (var rule in (schema["x-kubernetes-validations"] as JsonArray ?? []).Select(rule => rule!.AsObject()))
        {
            var text = rule["rule"]!.GetValue<string>();
            var isOfChange = text.Contains("oldSelf", StringComparison.Ordinal);
            if (isOfChange && before is null) continue;

            var variables = new Dictionary<string, object?> { ["self"] = Value(now), ["oldSelf"] = Value(before) };
            if ((bool)Program(text)(variables)!) continue;

            found.Add((where + rule["fieldPath"]?.GetValue<string>(), rule["message"]!.GetValue<string>()));
        }

        if (schema["properties"] is JsonObject properties && now is JsonObject map)
        {
            foreach (var (name, property) in properties)
            {
                Look(property!.AsObject(), map[name], (before as JsonObject)?[name],
                    where.Length == 0 ? name : $"{where}.{name}", found);
            }
        }

        if (schema["items"] is JsonObject items && now is JsonArray list)
        {
            for (var place = 0; place < list.Count; place++) Look(items, list[place], null, $"{where}[{place}]", found);
        }
    }

    private static CelProgramDelegate Program(string text)
    {
        if (!s_programs.TryGetValue(text, out var program)) s_programs[text] = program = s_environment.Compile(text);
        return program;
    }

    private static object? Value(JsonNode? node) => node switch
    {
        // The engine says of an empty map that it is not there, as of a field of a protobuf; a server says it is.
        JsonObject { Count: 0 } => new Dictionary<string, object?> { [""] = true },
        JsonObject map => map.ToDictionary(field => field.Key, field => Value(field.Value)),
        JsonArray list => list.Select(Value).ToList(),
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => long.Parse(value.ToJsonString(), CultureInfo.InvariantCulture),
        },
        _ => null,
    };
}
