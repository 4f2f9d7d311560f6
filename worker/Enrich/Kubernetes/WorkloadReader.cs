using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Worker.Enrich.Kubernetes;

/// <summary>What owns pods and is owned itself: of a replica set and a job only that is of interest.</summary>
internal sealed class WorkloadReader(string workload, ResourceKind kind) : IResourceReader<ToldObject>
{
    public IReadOnlyList<ResourceKind> Kinds { get; } = [kind];

    public bool IsMetadataOnly => true;

    public ToldObject Read(ResourceKind kind, JsonElement one) =>
        new(new WorkloadObject(workload, one.Text("metadata", "namespace"), one.Text("metadata", "name"))
        {
            Owner = PodReader.ControllerOf(one),
        });
}
