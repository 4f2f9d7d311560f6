using System.Reflection;
using System.Text.Json.Nodes;

namespace NetSniff.Kube.Resources.Schemas;

/// <summary>The CustomResourceDefinition of each of our kinds.</summary>
public static class CustomResourceDefinitions
{
    public const string Group = "netsniff.io";
    public const string Version = "v1alpha1";

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<Type> Kinds { get; } =
        [typeof(CaptureProfile), typeof(CaptureSession), typeof(DetectionRule)];

    /// <param name="withRules">With CEL, for Kubernetes 1.28 and later. Without, older clients
    /// and
    /// servers take it too.</param>
    public static JsonObject Of(Type kind, bool withRules)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var resource = kind.GetCustomAttribute<ResourceAttribute>()!;
        var version = new JsonObject
        {
            ["name"] = Version,
            ["served"] = true,
            ["storage"] = true,
            ["subresources"] = new JsonObject { ["status"] = new JsonObject() },
            ["additionalPrinterColumns"] = Columns(kind),
        };
        version["schema"] = new JsonObject { ["openAPIV3Schema"] = Schema(kind, withRules) };
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{resource.Plural}.{Group}",
                ["labels"] = new JsonObject { ["app.kubernetes.io/part-of"] = "netsniff" },
            },
            ["spec"] = new JsonObject
            {
                ["group"] = Group,
                ["scope"] = "Namespaced",
                ["names"] = new JsonObject
                {
                    ["kind"] = kind.Name,
                    ["listKind"] = $"{kind.Name}List",
                    ["plural"] = resource.Plural,
                    ["singular"] = kind.Name.ToLowerInvariant(),
                    ["shortNames"] = new JsonArray(resource.ShortName),
                    ["categories"] = new JsonArray("netsniff"),
                },
                ["versions"] = new JsonArray(version),
            },
        };
    }

    /// <summary>Of a whole object: what every object has, `spec` and `status`.</summary>
    public static JsonObject Schema(Type kind, bool withRules)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var schema = SchemaOf.Type(kind, withRules);
        var own = schema["properties"]!.AsObject();
        var properties = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["type"] = "string" },
            ["kind"] = new JsonObject { ["type"] = "string" },
            ["metadata"] = new JsonObject { ["type"] = "object" },
        };
        foreach (var name in own.Select(static property => property.Key).ToList())
        {
            var property = own[name]!;
            own.Remove(name);
            properties[name] = property;
        }

        properties["status"]!["default"] = new JsonObject { ["conditions"] = Pending(kind) };
        schema["properties"] = properties;
        return schema;
    }

    private static JsonArray Pending(Type kind) => new(
    [
        .. kind.GetCustomAttribute<ResourceAttribute>()!.Conditions.Select(static type => new JsonObject
        {
            ["type"] = type, ["status"] = "Unknown", ["reason"] = "Pending", ["message"] = "Waiting for the operator",
            ["lastTransitionTime"] = "1970-01-01T00:00:00Z",
        }),
    ]);

    private static JsonArray Columns(Type kind) => new(
    [
        .. kind.GetCustomAttributes<ColumnAttribute>().Select(static column =>
        {
            var said = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.Path };
            if (column.About.Length > 0) said["description"] = column.About;
            if (column.IsWide) said["priority"] = 1;
            return said;
        }),
    ]);
}
