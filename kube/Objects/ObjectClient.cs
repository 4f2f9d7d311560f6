using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetSniff.Kube.Objects;

/// <summary>Objects of any kind, as the JSON that they are: read, applied, patched, deleted.</summary>
/// <remarks>What an object has that nobody here knows stays in it. Each request has a limit of time.</remarks>
/// <param name="writing">Asked when a request that changes something is about to go; throws when it must not.</param>
public sealed class ObjectClient(ClusterClient cluster, Action? writing = null)
{
    private const string Json = "application/json";
    private const string ApplyPatch = "application/apply-patch+yaml";
    private const string JsonPatch = "application/json-patch+json";
    private const string MergePatch = "application/merge-patch+json";

    /// <summary>Bytes of one answer; an object has at most 1.5 MiB in the server's own store, a page 500 of them.
    /// </summary>
    private const int AnswerBytesMax = 64 << 20;

    private const int PageMax = 500;

    private long _writes;

    public ClusterClient Cluster => cluster;

    /// <summary>Requests that changed something, or tried to.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Of one request, from the question to the last byte of the answer.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <returns>Null where there is none.</returns>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public async Task<JsonObject?> FindAsync(ResourceKind kind, ResourceName name, CancellationToken cancel)
    {
        try
        {
            return await AskAsync(HttpMethod.Get, PathOf(kind, name), null, Json, cancel).ConfigureAwait(false);
        }
        catch (ApiException problem) when (problem.Code == 404)
        {
            return null;
        }
    }

    /// <summary>All that carry the labels, page by page.</summary>
    /// <param name="labels">A selector as kubectl has it: `a=b,c in (d,e)`; empty for all.</param>
    public async Task<IReadOnlyList<JsonObject>> ListAsync(
        ResourceKind kind, string? inNamespace, string labels, CancellationToken cancel)
    {
        List<JsonObject> found = [];
        var next = "";
        do
        {
            var path = $"{kind.Path(inNamespace)}?limit={PageMax}";
            if (labels.Length > 0) path += $"&labelSelector={Uri.EscapeDataString(labels)}";
            if (next.Length > 0) path += $"&continue={Uri.EscapeDataString(next)}";
            var page = await AskAsync(HttpMethod.Get, path, null, Json, cancel).ConfigureAwait(false);
            foreach (var one in page["items"]?.AsArray() ?? [])
            {
                if (one is JsonObject item) found.Add(item);
            }

            next = page["metadata"]?["continue"]?.GetValue<string>() ?? "";
        }
        while (next.Length > 0);

        foreach (var one in found) one.Parent?.AsArray().Remove(one);
        return found;
    }

    public Task<JsonObject> CreateAsync(
        ResourceKind kind, string inNamespace, JsonObject one, CancellationToken cancel) =>
        AskAsync(HttpMethod.Post, kind.Path(inNamespace), one, Json, cancel);

    /// <summary>Whole; with `metadata.resourceVersion` only if it is still that.</summary>
    public Task<JsonObject> ReplaceAsync(
        ResourceKind kind, ResourceName name, JsonObject one, CancellationToken cancel) =>
        AskAsync(HttpMethod.Put, PathOf(kind, name), one, Json, cancel);

    /// <summary>Server-side apply: makes it, or makes the fields that are said so; fields that this manager said before
    /// and says no more are taken back.</summary>
    /// <param name="subresource">`status`, `scale`; empty for the object.</param>
    /// <param name="isForced">Fields that another manager said are taken over; otherwise that is a conflict, 409.
    /// </param>
    public Task<JsonObject> ApplyAsync(
        ResourceKind kind,
        ResourceName name,
        JsonObject one,
        string manager,
        string subresource,
        CancellationToken cancel,
        bool isForced = true) =>
        AskAsync(
            HttpMethod.Patch,
            $"{PathOf(kind, name, subresource)}?fieldManager={Uri.EscapeDataString(manager)}"
            + (isForced ? "&force=true" : ""),
            one,
            ApplyPatch,
            cancel);

    /// <summary>JSON patch (RFC 6902): all of it or nothing, so a `test` in it guards the rest.</summary>
    public Task<JsonObject> PatchAsync(
        ResourceKind kind, ResourceName name, JsonArray patch, string subresource, CancellationToken cancel) =>
        AskAsync(HttpMethod.Patch, PathOf(kind, name, subresource), patch, JsonPatch, cancel);

    /// <summary>JSON merge patch (RFC 7386).</summary>
    public Task<JsonObject> MergeAsync(
        ResourceKind kind, ResourceName name, JsonObject patch, string subresource, CancellationToken cancel) =>
        AskAsync(HttpMethod.Patch, PathOf(kind, name, subresource), patch, MergePatch, cancel);

    /// <summary>How many there are to be, whatever kind it is.</summary>
    public Task<JsonObject> ScaleAsync(ResourceKind kind, ResourceName name, int replicas, CancellationToken cancel) =>
        MergeAsync(
            kind, name, new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }, "scale", cancel);

    /// <param name="propagation">`Background`, `Foreground` or `Orphan`; empty for the kind's own way.</param>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteAsync(
        ResourceKind kind, ResourceName name, string propagation, CancellationToken cancel)
    {
        var options = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions" };
        if (propagation.Length > 0) options["propagationPolicy"] = propagation;
        try
        {
            await AskAsync(HttpMethod.Delete, PathOf(kind, name), options, Json, cancel).ConfigureAwait(false);
            return true;
        }
        catch (ApiException problem) when (problem.Code == 404)
        {
            return false;
        }
    }

    private static string PathOf(ResourceKind kind, ResourceName name, string subresource = "")
    {
        var path = $"{kind.Path(name.Namespace.Length == 0 ? null : name.Namespace)}/{name.Name}";
        return subresource.Length == 0 ? path : $"{path}/{subresource}";
    }

    private async Task<JsonObject> AskAsync(
        HttpMethod method, string path, JsonNode? body, string type, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeMax);
        using var request = new HttpRequestMessage(method, cluster.Target(path));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString()));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        try
        {
            var isWrite = method != HttpMethod.Get;
            if (isWrite) Interlocked.Increment(ref _writes);
            using var response = await cluster.SendAsync(request, Json, isWrite ? writing : null, limit.Token)
                .ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                var failure = await ApiFailure.OfAsync(response, limit.Token).ConfigureAwait(false);
                throw new ApiException((int)response.StatusCode, failure);
            }

            using var stream = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            using var bounded = new Watching.BoundedStream(stream, AnswerBytesMax);
            var answer = await JsonNode.ParseAsync(bounded, default, default, limit.Token).ConfigureAwait(false);
            return answer as JsonObject ?? throw new HttpRequestException($"{path}: an answer that is no object");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new HttpRequestException($"{method} {path}: no answer within {TimeMax.TotalSeconds:0} s");
        }
        catch (Exception problem) when (problem is JsonException or IOException)
        {
            throw new HttpRequestException($"{method} {path}: {problem.Message}", problem);
        }
    }
}
