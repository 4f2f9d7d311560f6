using System.Text.Json;

namespace NetSniff.Kube.Watching;

/// <summary>What a watch looks for, and what it keeps of it.</summary>
/// <typeparam name="T">Holds what is read of an object and nothing else of it: a cluster has many.</typeparam>
public interface IResourceReader<T> where T : class
{
    /// <summary>The kind to watch; of several the first that the server has, as older ones have only the
    /// later.</summary>
    IReadOnlyList<ResourceKind> Kinds { get; }

    /// <summary>Names, labels and owners will do: the server leaves the rest out.</summary>
    bool IsMetadataOnly => false;

    /// <summary>Further conditions of the question, escaped: `labelSelector=app%3Dweb`.</summary>
    string Selection(ResourceKind kind) => "";

    /// <summary>Null for an object that is of no interest. Nothing of <paramref name="one"/> may be kept.</summary>
    T? Read(ResourceKind kind, JsonElement one);
}
