using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Worker.Enrich.Kubernetes;

/// <summary>A node, with its zone.</summary>
internal sealed class NodeReader : IResourceReader<ToldObject>
{
    /// <summary>The second is what clusters before 1.17 called it.</summary>
    private static readonly string[] s_zone =
        ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

    public IReadOnlyList<ResourceKind> Kinds { get; } = [new("", "v1", "nodes")];

    public ToldObject Read(ResourceKind kind, JsonElement one) => new(new NodeObject(one.Text("metadata", "name"))
    {
        Addresses = IdentityTexts.Addresses(one.List("status", "addresses")
            .Where(static address => address.Text("type") is "InternalIP" or "ExternalIP")
            .Select(static address => address.Text("address"))),
        Zone = s_zone.Select(label => one.Text("metadata", "labels", label))
            .FirstOrDefault(static zone => zone.Length > 0) ?? "",
        Labels = [.. one.Map("metadata", "labels")],
    })
    {
        BegunNanos = one.Moment("metadata", "creationTimestamp"),
    };
}
