using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Config;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.Defaults;

/// <summary>An object that comes with the installation, as it is to be applied.</summary>
/// <param name="Hash">Of what the file says: the object carries it, so that what was applied before is known.</param>
public sealed record DefaultObject(ResourceKind Kind, ResourceName Name, string Hash, JsonObject Body);

/// <summary>The profile and the rules that come with an installation: a folder of JSON files, one object each.
/// </summary>
public static class DefaultObjects
{
    public const string Label = "netsniff.io/default";
    public const string HashAnnotation = "netsniff.io/default-hash";
    private const int FilesMax = 1000;

    /// <param name="folder">A mounted ConfigMap; empty for none.</param>
    /// <exception cref="InvalidDataException">A file that is none of ours, or a folder that is not there: its message
    /// says which.</exception>
    public static IReadOnlyList<DefaultObject> Read(string folder, OperatorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (folder.Length == 0) return [];
        if (!Directory.Exists(folder)) throw new InvalidDataException($"{folder}: there is no such folder");

        var files = Directory.EnumerateFiles(folder, "*.json").Take(FilesMax).Order(StringComparer.Ordinal);
        return [.. files.Select(path => Read(path, File.ReadAllText(path), settings))];
    }

    private static DefaultObject Read(string path, string text, OperatorSettings settings)
    {
        try
        {
            var body = JsonNode.Parse(text)!.AsObject();
            var kind = body["kind"]?.GetValue<string>() switch
            {
                "CaptureProfile" => OwnKinds.CaptureProfiles,
                "DetectionRule" => OwnKinds.DetectionRules,
                var other => throw new InvalidDataException($"{path}: a {other} is not for here"),
            };
            var name = body["metadata"]!["name"]!.GetValue<string>();
            var hash = Applier.HashOf(body);
            var metadata = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = settings.Namespace,
                ["labels"] = Labels(settings),
                ["annotations"] = new JsonObject { [HashAnnotation] = hash },
            };
            body["metadata"] = metadata;
            return new DefaultObject(kind, new ResourceName(settings.Namespace, name), hash, body);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new InvalidDataException($"{path}: {problem.Message}", problem);
        }
    }

    private static JsonObject Labels(OperatorSettings settings)
    {
        var labels = new JsonObject
        {
            ["app.kubernetes.io/name"] = "netsniff",
            ["app.kubernetes.io/instance"] = settings.Instance,
            ["app.kubernetes.io/part-of"] = "netsniff",
            ["app.kubernetes.io/managed-by"] = "netsniff-operator",
            [Label] = "true",
        };
        foreach (var (key, value) in settings.Labels) labels[key] = value;
        return labels;
    }
}
