using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Tests.Kube.Watching;

/// <summary>The plainest objects there are.</summary>
internal sealed class ConfigMapReader : IResourceReader<string>
{
    public IReadOnlyList<ResourceKind> Kinds { get; } = [new("", "v1", "configmaps")];

    public string? Read(ResourceKind kind, JsonElement one) => one.Text("data", "value") is { Length: > 0 } value
        ? value : null;
}
