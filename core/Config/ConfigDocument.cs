using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NetSniff.Config;

/// <summary>What all configurations have in common: JSON within a bound, told where it is wrong.</summary>
internal static class ConfigDocument
{
    public static T? Read<T>(
        ReadOnlySpan<byte> json, JsonTypeInfo<T> type, Func<T, IReadOnlyList<ConfigProblem>> check,
        out IReadOnlyList<ConfigProblem> problems) where T : class
    {
        if (json.Length > ConfigReader.BytesMax)
        {
            problems = [new("", $"longer than {ConfigReader.BytesMax} bytes")];
            return null;
        }

        T? config;
        try
        {
            config = JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException problem)
        {
            problems = [new(PathOf(problem), TextOf(problem))];
            return null;
        }

        problems = config is null ? [new("", "nothing but null")] : check(config);
        return problems is [] ? config : null;
    }

    // `$.redaction.headers[0]` to `redaction.headers[0]`.
    private static string PathOf(JsonException problem) => (problem.Path ?? "").TrimStart('$').TrimStart('.');

    /// <summary>The serializer's words, without its own place-keeping behind them.</summary>
    private static string TextOf(JsonException problem)
    {
        var text = problem.Message.Split(" Path: ")[0];
        return problem.LineNumber is { } line ? $"line {line + 1}: {text}" : text;
    }
}
