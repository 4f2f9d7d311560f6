using System.Text.Json;

namespace NetSniff.Kube;

/// <summary>Which kinds a server has: versions from 1.20 on differ in that.</summary>
public static class Discovery
{
    /// <summary>Bytes of one group version's list of kinds; the core's is the longest, with 10 KiB.</summary>
    private const int ListBytesMax = 4 << 20;

    /// <returns>Whether it has the kind; and why that cannot be said, where it cannot.</returns>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public static async Task<(bool IsServed, ApiFailure? Failure)> ServesAsync(
        ClusterClient cluster, ResourceKind kind, TimeSpan timeMax, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeMax);
        using var response = await cluster.GetAsync(kind.GroupPath, "application/json", limit.Token)
            .ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            var failure = await ApiFailure.OfAsync(response, limit.Token).ConfigureAwait(false);
            return (false, failure.Kind == FailureKind.NotServed ? null : failure);
        }

        using var body = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
        using var bounded = new Watching.BoundedStream(body, ListBytesMax);
        using var list = await JsonDocument.ParseAsync(bounded, default, limit.Token).ConfigureAwait(false);
        return (list.RootElement.List("resources").Any(one => one.Text("name") == kind.Plural), null);
    }
}
