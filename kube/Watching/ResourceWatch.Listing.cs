using System.Globalization;
using System.Text.Json;

namespace NetSniff.Kube.Watching;

public sealed partial class ResourceWatch<T>
{
    /// <summary>Pages of one list: beyond, the objects are more than any bound here.</summary>
    private const int PagesMax = 100_000;

    /// <summary>Takes everything anew, page by page, and tells how that differs from what was known.</summary>
    /// <remarks>Without a resource version: as of now, from the store itself, so never from before what is known
    /// already. All or nothing: a list that breaks off half-way changes nothing.</remarks>
    private async Task<ApiFailure?> ListAsync(ResourceKind kind, CancellationToken cancel)
    {
        Dictionary<ResourceName, Known> found = [];
        var accept = _reader.IsMetadataOnly ? ListOfMetadata : Json;
        var next = "";
        string version;
        var pages = 0;
        do
        {
            var path = And(
                string.Create(
                    CultureInfo.InvariantCulture, $"{kind.Path(_options.Namespace)}?limit={_options.PageMax}"),
                _reader.Selection(kind));
            if (next.Length > 0) path += $"&continue={Uri.EscapeDataString(next)}";
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(_options.PageTimeMax);
            using var response = await _cluster.GetAsync(path, accept, limit.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                return await ApiFailure.OfAsync(response, limit.Token).ConfigureAwait(false);
            }

            using var page = await ReadPageAsync(response, limit.Token).ConfigureAwait(false);
            version = page.RootElement.Text("metadata", "resourceVersion");
            var isList = page.RootElement.Text("kind").EndsWith("List", StringComparison.Ordinal);
            if (version.Length == 0 || !isList) return NoList(kind);

            foreach (var one in page.RootElement.List("items")) Take(kind, one, found);
            next = page.RootElement.Text("metadata", "continue");
            Counters.Pages++;
        }
        while (next.Length > 0 && ++pages < PagesMax);

        await ReplaceAsync(kind, found, cancel).ConfigureAwait(false);
        _version = version;
        Counters.Lists++;
        _backoff.Reset();
        Say(new WatchState(kind, IsSynced: true, _clock.GetUtcNow()));
        await _tell(new WatchChange<T>(WatchChangeKind.Synced, default, null), cancel).ConfigureAwait(false);
        return null;
    }

    private static ApiFailure NoList(ResourceKind kind) =>
        new(FailureKind.Malformed, $"an answer that is no list of {kind}");

    private async Task<JsonDocument> ReadPageAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        using var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        using var bounded = new BoundedStream(body, _options.PageBytesMax);
        return await JsonDocument.ParseAsync(bounded, default, cancel).ConfigureAwait(false);
    }

    private void Take(ResourceKind kind, JsonElement one, Dictionary<ResourceName, Known> found)
    {
        if (NameOf(one) is not { } name)
        {
            Counters.Odd++;
        }
        else if (_reader.Read(kind, one) is { } read)
        {
            if (found.Count >= _options.ObjectsMax) Counters.Refused++;
            else found[name] = new Known(one.Text("metadata", "resourceVersion"), read);
        }
    }

    private async Task ReplaceAsync(ResourceKind kind, Dictionary<ResourceName, Known> found, CancellationToken cancel)
    {
        var before = _known;
        var isSameKind = kind == _kind;
        // Set first: who is told of an object may look at how many there are.
        (_kind, _version) = (kind, null);
        Volatile.Write(ref _known, found);
        foreach (var (name, known) in before)
        {
            if (found.ContainsKey(name)) continue;
            await _tell(new WatchChange<T>(WatchChangeKind.Gone, name, known.Object, IsListed: true), cancel)
                .ConfigureAwait(false);
        }

        foreach (var (name, now) in found)
        {
            var isKnown = before.TryGetValue(name, out var old);
            if (isKnown && isSameKind && old.Version == now.Version && now.Version.Length > 0) continue;

            await _tell(new WatchChange<T>(WatchChangeKind.Put, name, now.Object, old.Object, IsListed: true), cancel)
                .ConfigureAwait(false);
        }
    }

    private static ResourceName? NameOf(JsonElement one) =>
        one.Text("metadata", "name") is { Length: > 0 } name
            ? new ResourceName(one.Text("metadata", "namespace"), name)
            : null;
}
