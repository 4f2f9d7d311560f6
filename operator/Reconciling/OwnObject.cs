using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Operator.Reconciling;

/// <summary>An object of one of our kinds as the server has it. Shared by whoever asks the cache: read from it, change
/// a <see cref="Copy"/>.</summary>
public sealed class OwnObject
{
    private readonly JsonObject _whole;

    public OwnObject(JsonObject whole)
    {
        ArgumentNullException.ThrowIfNull(whole);
        _whole = whole;
        (_whole["metadata"] as JsonObject)?.Remove("managedFields");
        var metadata = whole["metadata"] as JsonObject ?? [];
        Name = new ResourceName(Text(metadata["namespace"]), Text(metadata["name"]));
        (KindName, Uid, Version) = (Text(whole["kind"]), Text(metadata["uid"]), Text(metadata["resourceVersion"]));
        Created = Text(metadata["creationTimestamp"]);
        Generation = metadata["generation"]?.GetValue<long>() ?? 0;
        IsDeleting = metadata["deletionTimestamp"] is not null;
        Finalizers = [.. (metadata["finalizers"] as JsonArray ?? []).Select(Text)];
        Labels = (metadata["labels"] as JsonObject ?? [])
            .ToDictionary(static label => label.Key, static label => Text(label.Value));
        Status = whole["status"] as JsonObject;
    }

    /// <summary>`CaptureProfile`.</summary>
    public string KindName { get; }

    public ResourceName Name { get; }

    public string Uid { get; }

    public string Version { get; }

    /// <summary>`2026-01-31T12:00:00Z`.</summary>
    public string Created { get; }

    /// <summary>Of its spec.</summary>
    public long Generation { get; }

    public bool IsDeleting { get; }

    public IReadOnlyList<string> Finalizers { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>Not to be changed.</summary>
    public JsonObject? Status { get; }

    public JsonObject Copy() => _whole.DeepClone().AsObject();

    private static string Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}

/// <summary>Objects of one of our kinds, whole.</summary>
/// <param name="namespaces">Where; none for everywhere.</param>
public sealed class OwnReader(ResourceKind kind, string name, IReadOnlyList<string> namespaces)
    : IResourceReader<OwnObject>
{
    public IReadOnlyList<ResourceKind> Kinds { get; } = [kind];

    public OwnObject? Read(ResourceKind kind, JsonElement one)
    {
        if (namespaces.Count > 0 && !namespaces.Contains(one.Text("metadata", "namespace"))) return null;

        var whole = JsonObject.Create(one.Clone())!;
        // Entries of a list do not say what they are.
        whole["apiVersion"] ??= $"{kind.Group}/{kind.Version}";
        whole["kind"] ??= name;
        return new OwnObject(whole);
    }
}
