using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

/// <summary>What the newest API server would say of an object, whichever there is: form first, then the
/// rules.</summary>
public static class ResourceReview
{
    /// <param name="one">Gets its defaults.</param>
    /// <param name="before">As it was, where it is changed.</param>
    /// <returns>Nothing when all is well.</returns>
    public static IReadOnlyList<ResourceProblem> Of(JsonObject one, JsonObject? before = null)
    {
        ArgumentNullException.ThrowIfNull(one);
        var name = one["kind"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
        if (CustomResourceDefinitions.Kinds.FirstOrDefault(type => type.Name == name) is not { } kind)
        {
            return [new ResourceProblem("kind", "Unsupported", "is none of ours")];
        }

        var schema = CustomResourceDefinitions.Schema(kind, withRules: false);
        SchemaCheck.FillIn(schema, one);
        var problems = SchemaCheck.Of(schema, one);
        return problems.Count > 0 ? problems : Rules(kind, one, before);
    }

    private static IReadOnlyList<ResourceProblem> Rules(Type kind, JsonObject one, JsonObject? before)
    {
        try
        {
            return kind == typeof(CaptureProfile)
                ? ResourceChecks.Of(Read<CaptureProfile>(one)!, Read<CaptureProfile>(before))
                : kind == typeof(CaptureSession)
                ? ResourceChecks.Of(Read<CaptureSession>(one)!, Read<CaptureSession>(before))
                : ResourceChecks.Of(Read<DetectionRule>(one)!);
        }
        catch (JsonException problem)
        {
            return [new ResourceProblem(problem.Path?.TrimStart('$', '.') ?? "", "Malformed", problem.Message)];
        }
    }

    private static T? Read<T>(JsonObject? one) where T : class => one is null ? null : ResourceJson.Read<T>(one);
}
