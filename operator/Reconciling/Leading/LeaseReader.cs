using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Operator.Reconciling.Leading;

/// <summary>One lease, for whoever waits for it.</summary>
internal sealed class LeaseReader(ResourceName lease) : IResourceReader<LeaseRecord>
{
    public IReadOnlyList<ResourceKind> Kinds { get; } = [LeaderElection.Kind];

    public string Selection(ResourceKind kind) =>
        $"fieldSelector={Uri.EscapeDataString($"metadata.name={lease.Name}")}";

    public LeaseRecord? Read(ResourceKind kind, JsonElement one) =>
        one.Text("metadata", "name") == lease.Name ? LeaseRecord.Of(JsonObject.Create(one.Clone())!) : null;
}
