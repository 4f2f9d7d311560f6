using System.Text.Json;
using NetSniff.Kube;

namespace NetSniff.Cli.Plugin;

/// <summary>What all objects have.</summary>
internal static class KubeObject
{
    public static string Name(JsonElement one) => one.Text("metadata", "name");

    public static string Namespace(JsonElement one) => one.Text("metadata", "namespace");

    /// <summary>`NAMESPACE/NAME`.</summary>
    public static string FullName(JsonElement one) => new ResourceName(Namespace(one), Name(one)).ToString();

    /// <summary>Null where nobody has said.</summary>
    public static JsonElement? Condition(JsonElement one, string type)
    {
        var found = one.List("status", "conditions").FirstOrDefault(condition => condition.Text("type") == type);
        return found.ValueKind == JsonValueKind.Object ? found : null;
    }

    public static bool Is(JsonElement one, string type, string status) =>
        Condition(one, type) is { } condition && condition.Text("status") == status;
}
