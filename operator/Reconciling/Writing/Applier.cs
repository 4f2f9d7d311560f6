using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;

namespace NetSniff.Operator.Reconciling.Writing;

/// <summary>Makes objects be as they are wanted, by server-side apply, and asks the server for nothing when they are.
/// </summary>
/// <remarks>An object is taken for right when it carries the hash of what is wanted and nobody changed it since we
/// wrote it. Every object is applied once by each program that leads: what went wrong while none did is put right.
/// </remarks>
public sealed class Applier(ObjectClient objects)
{
    public const string Manager = "netsniff-operator";
    public const string HashAnnotation = "netsniff.io/config-hash";

    private readonly ConcurrentDictionary<(ResourceKind Kind, ResourceName Name), Applied> _applied = new();
    private readonly ConcurrentDictionary<(ResourceKind Kind, string Namespace), Func<ResourceName, LiveObject?>>
        _watched = new();

    /// <summary>Requests that changed something, or might have.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    private long _writes;

    /// <summary>From now on what is there of the kind in a namespace need not be asked for.</summary>
    public void Watch(ResourceKind kind, string inNamespace, ResourceCache<LiveObject> cache)
    {
        ArgumentNullException.ThrowIfNull(cache);
        _watched[(kind, inNamespace)] = cache.Find;
    }

    /// <summary>As it was last told; null where there is none, or nobody watches.</summary>
    public LiveObject? Find(ResourceKind kind, ResourceName name) =>
        _watched.TryGetValue((kind, name.Namespace), out var find) ? find(name) : null;

    /// <param name="wanted">With `apiVersion`, `kind` and a name; gets the annotation.</param>
    /// <returns>Whether anything was sent.</returns>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task<bool> ApplyAsync(ResourceKind kind, JsonObject wanted, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var name = NameOf(wanted);
        var hash = Stamp(wanted);
        if (await IsRightAsync(kind, name, hash, cancel).ConfigureAwait(false)) return false;

        Interlocked.Increment(ref _writes);
        var now = await objects.ApplyAsync(kind, name, wanted, Manager, "", cancel).ConfigureAwait(false);
        var live = LiveObject.Of(now);
        _applied[(kind, name)] = new Applied(hash, live.Generation, live.Version);
        return true;
    }

    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteAsync(
        ResourceKind kind, ResourceName name, string propagation, CancellationToken cancel)
    {
        _applied.TryRemove((kind, name), out _);
        Interlocked.Increment(ref _writes);
        return await objects.DeleteAsync(kind, name, propagation, cancel).ConfigureAwait(false);
    }

    /// <summary>Nothing is taken for right any more: another may have led meanwhile.</summary>
    public void ForgetAll() => _applied.Clear();

    /// <summary>Hash of what an object says, apart from the hash itself.</summary>
    public static string HashOf(JsonNode content) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToJsonString())))[..16];

    private static ResourceName NameOf(JsonObject one) => new(
        one["metadata"]?["namespace"]?.GetValue<string>() ?? "",
        one["metadata"]?["name"]?.GetValue<string>() ?? throw new ArgumentException("an object without a name"));

    private static string Stamp(JsonObject wanted)
    {
        var metadata = wanted["metadata"]!.AsObject();
        if (metadata["annotations"] is not JsonObject annotations) metadata["annotations"] = annotations = [];
        annotations.Remove(HashAnnotation);
        var hash = HashOf(wanted);
        annotations[HashAnnotation] = hash;
        return hash;
    }

    private async Task<bool> IsRightAsync(ResourceKind kind, ResourceName name, string hash, CancellationToken cancel)
    {
        if (!_applied.TryGetValue((kind, name), out var applied) || applied.Hash != hash) return false;

        LiveObject? live;
        if (_watched.TryGetValue((kind, name.Namespace), out var find))
        {
            live = find(name);
        }
        else
        {
            var found = await objects.FindAsync(kind, name, cancel).ConfigureAwait(false);
            live = found is null ? null : LiveObject.Of(found);
        }

        // One that is going is applied again once it is gone.
        if (live is not { IsDeleting: false } || live.Hash != hash) return false;
        if (live.Generation > 0 || applied.Generation > 0) return live.Generation == applied.Generation;

        // A kind that counts no generations and has a status changes its version without anyone changing what it says.
        return live.Version == applied.Version || HasUncountedStatus(kind);
    }

    private static bool HasUncountedStatus(ResourceKind kind) =>
        kind.Plural is "horizontalpodautoscalers" or "services";

    private readonly record struct Applied(string Hash, long Generation, string Version);
}
