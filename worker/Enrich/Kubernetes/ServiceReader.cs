using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Worker.Enrich.Kubernetes;

/// <summary>A service with its own addresses: in the cluster, outside, and of its load balancer.</summary>
internal sealed class ServiceReader : IResourceReader<ToldObject>
{
    public IReadOnlyList<ResourceKind> Kinds { get; } = [new("", "v1", "services")];

    public ToldObject Read(ResourceKind kind, JsonElement one) =>
        new(new ServiceObject(one.Text("metadata", "namespace"), one.Text("metadata", "name"))
        {
            // "None" of a headless one is no address, and so is left out.
            Addresses = IdentityTexts.Addresses([
                one.Text("spec", "clusterIP"),
                .. one.Texts("spec", "clusterIPs"),
                .. one.Texts("spec", "externalIPs"),
                .. one.List("status", "loadBalancer", "ingress").Select(static entry => entry.Text("ip")),
            ]),
            Labels = [.. one.Map("metadata", "labels")],
        })
        {
            BegunNanos = one.Moment("metadata", "creationTimestamp"),
        };
}
