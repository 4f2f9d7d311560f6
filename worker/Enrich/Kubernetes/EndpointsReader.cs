using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Packets;

namespace NetSniff.Worker.Enrich.Kubernetes;

/// <summary>The addresses behind a service, ready or not: what a pod is for does not change when it is busy.</summary>
internal sealed class EndpointsReader : IResourceReader<ToldObject>
{
    private const string ServiceLabel = "kubernetes.io/service-name";
    private static readonly ResourceKind s_endpoints = new("", "v1", "endpoints");

    public IReadOnlyList<ResourceKind> Kinds { get; } =
    [
        new("discovery.k8s.io", "v1", "endpointslices"), new("discovery.k8s.io", "v1beta1", "endpointslices"),
        s_endpoints,
    ];

    public ToldObject? Read(ResourceKind kind, JsonElement one)
    {
        var (inNamespace, name) = (one.Text("metadata", "namespace"), one.Text("metadata", "name"));
        if (kind == s_endpoints)
        {
            return new ToldObject(new EndpointsObject(inNamespace, name, name)
            {
                Addresses = Sorted(one.List("subsets").SelectMany(static subset =>
                    subset.List("addresses").Concat(subset.List("notReadyAddresses"))
                        .Select(static address => address.Text("ip")))),
            });
        }

        var service = one.Text("metadata", "labels", ServiceLabel);
        if (service.Length == 0 || one.Text("addressType") == "FQDN") return null;

        return new ToldObject(new EndpointsObject(inNamespace, name, service)
        {
            Addresses = Sorted(one.List("endpoints").SelectMany(static endpoint => endpoint.Texts("addresses"))),
        });
    }

    /// <summary>Their order says nothing, and changes.</summary>
    private static List<Address> Sorted(IEnumerable<string> texts) =>
        IdentityTexts.Addresses(texts.Order(StringComparer.Ordinal));
}
