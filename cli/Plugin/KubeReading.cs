using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetSniff.Kube;

namespace NetSniff.Cli.Plugin;

/// <summary>Asks the API server for objects. Where it refuses, it is told what was asked for and which right that
/// takes.</summary>
/// <param name="timeMax">Of one request.</param>
internal sealed partial class KubeReading(ClusterClient client, TimeSpan timeMax)
{
    private const string Json = "application/json";
    private const int PageSize = 500;

    /// <summary>Of one answer.</summary>
    private const int AnswerBytesMax = 256 << 20;

    public ClusterClient Client => client;

    /// <summary>The server's clock, when it last answered, and ours then.</summary>
    public (DateTimeOffset Theirs, DateTimeOffset Ours)? Clocks { get; private set; }

    /// <exception cref="KubeRefusal">It is not there, or may not be seen.</exception>
    public Task<JsonElement> GetAsync(
        ResourceKind kind, string? inNamespace, string name, CancellationToken cancel, string subresource = "") =>
        AskAsync(
            HttpMethod.Get, kind.Path(inNamespace) + $"/{name}" + (subresource.Length > 0 ? $"/{subresource}" : ""),
            null, Asked.Of("get", kind, inNamespace, name), cancel);

    /// <summary>The same; null where there is none.</summary>
    public async Task<JsonElement?> FindAsync(
        ResourceKind kind, string? inNamespace, string name, CancellationToken cancel)
    {
        try
        {
            return await GetAsync(kind, inNamespace, name, cancel).ConfigureAwait(false);
        }
        catch (KubeRefusal refusal) when (refusal.Kind == FailureKind.NotServed)
        {
            return null;
        }
    }

    /// <param name="inNamespace">Null for all.</param>
    public async Task<List<JsonElement>> ListAsync(
        ResourceKind kind, string? inNamespace, CancellationToken cancel, string labels = "", string fields = "")
    {
        List<JsonElement> all = [];
        var rest = "";
        do
        {
            var query = $"?limit={PageSize}"
                + (labels.Length > 0 ? $"&labelSelector={Uri.EscapeDataString(labels)}" : "")
                + (fields.Length > 0 ? $"&fieldSelector={Uri.EscapeDataString(fields)}" : "")
                + (rest.Length > 0 ? $"&continue={Uri.EscapeDataString(rest)}" : "");
            var page = await AskAsync(
                HttpMethod.Get, kind.Path(inNamespace) + query, null, Asked.Of("list", kind, inNamespace), cancel)
                .ConfigureAwait(false);
            all.AddRange(page.List("items"));
            rest = page.Text("metadata", "continue");
        }
        while (rest.Length > 0);

        return all;
    }

    /// <param name="path">Behind the kind's, such as `/netsniff-viewer/token`.</param>
    public Task<JsonElement> CreateAsync(
        ResourceKind kind, string? inNamespace, string path, JsonNode body, CancellationToken cancel) =>
        AskAsync(
            HttpMethod.Post, kind.Path(inNamespace) + path, new StringContent(body.ToJsonString(), Encoding.UTF8, Json),
            Asked.Of("create", kind with { Plural = kind.Plural + Subresource(path) }, inNamespace), cancel);

    public Task<JsonElement> PatchAsync(
        ResourceKind kind, string? inNamespace, string name, JsonNode change, CancellationToken cancel) =>
        AskAsync(
            HttpMethod.Patch, $"{kind.Path(inNamespace)}/{name}",
            new StringContent(change.ToJsonString(), Encoding.UTF8, "application/merge-patch+json"),
            Asked.Of("patch", kind, inNamespace, name), cancel);

    public Task<JsonElement> DeleteAsync(
        ResourceKind kind, string? inNamespace, string name, CancellationToken cancel) =>
        AskAsync(
            HttpMethod.Delete, $"{kind.Path(inNamespace)}/{name}", null, Asked.Of("delete", kind, inNamespace, name),
            cancel);

    /// <param name="path">From the server's root.</param>
    public Task<JsonElement> RawAsync(string path, CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, path, null, new Asked($"get {path}", path), cancel);

    /// <summary>Whether we may do something.</summary>
    /// <param name="inNamespace">Null for in all.</param>
    public async Task<bool> MayAsync(
        string verb, string group, string resource, string? inNamespace, CancellationToken cancel,
        string subresource = "", string name = "")
    {
        var asked = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["resourceAttributes"] = new JsonObject
                {
                    ["verb"] = verb, ["group"] = group, ["resource"] = resource, ["subresource"] = subresource,
                    ["namespace"] = inNamespace ?? "", ["name"] = name,
                },
            },
        };
        var answer = await CreateAsync(KubeKinds.AccessReviews, null, "", asked, cancel).ConfigureAwait(false);
        return answer.IsTrue("status", "allowed");
    }

    private static string Subresource(string path) =>
        path.LastIndexOf('/') is > 0 and var slash ? path[slash..] : "";

    private async Task<JsonElement> AskAsync(
        HttpMethod method, string path, HttpContent? body, Asked asked, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeMax);
        try
        {
            using var request = new HttpRequestMessage(method, client.Target(path)) { Content = body };
            using var response = await client.SendAsync(request, Json, null, limit.Token).ConfigureAwait(false);
            if (response.Headers.Date is { } theirs) Clocks = (theirs, TimeProvider.System.GetUtcNow());
            if (!response.IsSuccessStatusCode)
            {
                var failure = await ApiFailure.OfAsync(response, limit.Token).ConfigureAwait(false);
                throw Refused(asked, failure, response.StatusCode);
            }

            await response.Content.LoadIntoBufferAsync(AnswerBytesMax, limit.Token).ConfigureAwait(false);
            using var stream = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            using var document = await JsonDocument.ParseAsync(stream, default, limit.Token).ConfigureAwait(false);
            return document.RootElement.Clone();
        }
        catch (OperationCanceledException problem) when (!cancel.IsCancellationRequested)
        {
            throw new KubeRefusal(
                $"no answer from {client.Server} in {timeMax.TotalSeconds:0} s; is the way to it open? "
                + "--request-timeout gives it longer",
                FailureKind.Silent, problem);
        }
        catch (JsonException problem)
        {
            throw new KubeRefusal(
                $"{client.Server} answers something that is no JSON: is that an API server?", FailureKind.Malformed,
                problem);
        }
        catch (HttpRequestException problem)
        {
            throw new KubeRefusal(Unreachable(problem), FailureKind.Unreachable, problem);
        }
    }

    private static KubeRefusal Refused(Asked asked, ApiFailure failure, HttpStatusCode code) => code switch
    {
        HttpStatusCode.Unauthorized => new KubeRefusal(
            "the API server does not know us: the token or certificate of the kubeconfig is wrong or has expired",
            FailureKind.Forbidden),
        HttpStatusCode.Forbidden => new KubeRefusal(
            Denied().Match(failure.Text) is { Success: true } denied
                ? $"forbidden: {denied.Groups[1].Value} may not {asked.Right}"
                : $"forbidden: {asked.Right}: {failure.Text}",
            FailureKind.Forbidden),
        HttpStatusCode.NotFound => new KubeRefusal($"not found: {asked.What}", FailureKind.NotServed),
        _ => new KubeRefusal($"{asked.Right}: {failure.Text}", failure.Kind),
    };

    private string Unreachable(HttpRequestException problem)
    {
        Exception deepest = problem;
        while (deepest.InnerException is { } inner) deepest = inner;
        var why = deepest switch
        {
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "nothing listens there",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain } =>
                "nobody knows that name",
            _ => deepest.Message,
        };
        return $"the API server {client.Server} cannot be reached: {why}; `kubectl cluster-info` should answer first";
    }

    /// <summary>How a server with roles says no.</summary>
    [GeneratedRegex("User \"([^\"]+)\" cannot ")]
    private static partial Regex Denied();

    /// <param name="Right">`list pods in namespace shop`.</param>
    private readonly record struct Asked(string Right, string What)
    {
        public static Asked Of(string verb, ResourceKind kind, string? inNamespace, string name = "")
        {
            var group = kind.Group.Length > 0 ? $".{kind.Group}" : "";
            var where = inNamespace is null ? "" : $" in namespace {inNamespace}";
            var called = name.Length > 0 ? $"/{name}" : "";
            return new Asked($"{verb} {kind.Plural}{group}{where}", $"{kind.Plural}{group}{called}{where}");
        }
    }
}
