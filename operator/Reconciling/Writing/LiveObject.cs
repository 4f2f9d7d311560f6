using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Operator.Reconciling.Writing;

/// <summary>What is kept of an object that we made: enough to see whether it is still as we made it, and how it is.
/// </summary>
/// <param name="Hash">Of what was applied.</param>
/// <param name="Generation">Of its spec; zero for kinds that do not count theirs.</param>
/// <param name="Replicas">`spec.replicas`; null for kinds that have none.</param>
/// <param name="Status">Null for kinds of which it is not asked for.</param>
public sealed record LiveObject(
    ResourceName Name,
    string Uid,
    string Hash,
    long Generation,
    string Version,
    bool IsDeleting,
    int? Replicas,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations,
    JsonObject? Status)
{
    public static LiveObject Of(JsonElement one, bool withStatus) => new(
        new ResourceName(one.Text("metadata", "namespace"), one.Text("metadata", "name")),
        one.Text("metadata", "uid"),
        one.Text("metadata", "annotations", Applier.HashAnnotation),
        one.Inner("metadata", "generation") is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : 0,
        one.Text("metadata", "resourceVersion"),
        one.Inner("metadata", "deletionTimestamp") is not null,
        one.Number("spec", "replicas"),
        one.Map("metadata", "labels").ToDictionary(),
        one.Map("metadata", "annotations").ToDictionary(),
        withStatus && one.Inner("status") is { ValueKind: JsonValueKind.Object } status
            ? JsonObject.Create(status.Clone()) : null);

    public static LiveObject Of(JsonObject one)
    {
        using var document = JsonDocument.Parse(one.ToJsonString());
        return Of(document.RootElement, withStatus: true);
    }
}

/// <summary>Objects of a kind that carry our labels.</summary>
public sealed class LiveReader(IReadOnlyList<ResourceKind> kinds, string labels, bool withStatus)
    : IResourceReader<LiveObject>
{
    public IReadOnlyList<ResourceKind> Kinds => kinds;

    /// <summary>Without it names, labels and versions are enough.</summary>
    public bool IsMetadataOnly => !withStatus;

    public string Selection(ResourceKind kind) => $"labelSelector={Uri.EscapeDataString(labels)}";

    public LiveObject Read(ResourceKind kind, JsonElement one) => LiveObject.Of(one, withStatus);
}
