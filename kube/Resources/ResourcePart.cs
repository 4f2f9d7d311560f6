using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetSniff.Kube.Resources;

/// <summary>An object or a part of one. What a newer version says in it is kept, and written back as it was.</summary>
public abstract record ResourcePart
{
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; init; }
}

/// <summary>One of our kinds.</summary>
public abstract record CustomResource : ResourcePart
{
    [JsonPropertyOrder(-3)]
    public string ApiVersion { get; init; } =
        $"{Schemas.CustomResourceDefinitions.Group}/{Schemas.CustomResourceDefinitions.Version}";

    [JsonPropertyOrder(-2)]
    public string Kind { get; init; } = "";

    [JsonPropertyOrder(-1)]
    public ResourceMetadata Metadata { get; init; } = new();
}

/// <summary>What we read of an object's metadata; the rest is kept.</summary>
public sealed record ResourceMetadata : ResourcePart
{
    public string Name { get; init; } = "";

    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public long? Generation { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
