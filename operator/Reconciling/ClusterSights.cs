using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Operator.Reconciling;

/// <summary>What is looked at of a pod.</summary>
/// <param name="Addresses">As texts; empty for one that is over.</param>
/// <param name="Owner">`ReplicaSet/shop-7d9f`; empty for one that nobody controls.</param>
public sealed record PodSight(
    ResourceName Name,
    string Uid,
    string Node,
    bool IsHostNetwork,
    bool IsReady,
    IReadOnlyList<string> Addresses,
    IReadOnlyDictionary<string, string> Labels,
    string Owner);

public sealed class PodReader : IResourceReader<PodSight>
{
    public IReadOnlyList<ResourceKind> Kinds { get; } = [new("", "v1", "pods")];

    public PodSight Read(ResourceKind kind, JsonElement one)
    {
        var isOver = one.Text("status", "phase") is "Succeeded" or "Failed";
        return new PodSight(
            new ResourceName(one.Text("metadata", "namespace"), one.Text("metadata", "name")),
            one.Text("metadata", "uid"),
            one.Text("spec", "nodeName"),
            one.IsTrue("spec", "hostNetwork"),
            one.List("status", "conditions").Any(static condition =>
                condition.Text("type") == "Ready" && condition.Text("status") == "True"),
            isOver ? [] : Addresses(one),
            one.Map("metadata", "labels").ToDictionary(),
            one.List("metadata", "ownerReferences").Where(static owner => owner.IsTrue("controller"))
                .Select(static owner => $"{owner.Text("kind")}/{owner.Text("name")}").FirstOrDefault(""));
    }

    private static string[] Addresses(JsonElement one) =>
        [.. one.List("status", "podIPs").Select(static entry => entry.Text("ip")).Append(one.Text("status", "podIP"))
            .Where(static text => text.Length > 0).Distinct()];
}

/// <summary>What is looked at of a namespace and of a node: their labels.</summary>
public sealed record LabelSight(ResourceName Name, IReadOnlyDictionary<string, string> Labels);

public sealed class LabelReader(ResourceKind kind) : IResourceReader<LabelSight>
{
    public IReadOnlyList<ResourceKind> Kinds { get; } = [kind];

    public bool IsMetadataOnly => true;

    public LabelSight Read(ResourceKind kind, JsonElement one)
    {
        var name = one.Text("metadata", "name");
        var labels = one.Map("metadata", "labels").ToDictionary();
        // Servers before 1.21 do not set it, and everybody selects by it.
        if (kind.Plural == "namespaces") labels.TryAdd("kubernetes.io/metadata.name", name);
        return new LabelSight(new ResourceName("", name), labels);
    }
}
