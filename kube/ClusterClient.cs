using System.Net.Http.Headers;
using k8s;

namespace NetSniff.Kube;

/// <summary>The package's client, and beside it what it does not give: answers as they come, byte by byte.</summary>
public sealed class ClusterClient : IDisposable
{
    private const string DefaultNamespace = "default";

    /// <param name="whom">Whom to act as; null for ourselves.</param>
    public ClusterClient(KubernetesClientConfiguration configuration, Impersonation? whom = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        // Each request has a limit of its own here; a watch must not have the client's.
        configuration.HttpClientTimeout = Timeout.InfiniteTimeSpan;
        Api = new Kubernetes(configuration, whom is null ? [] : [new ImpersonationHeaders(whom)]);
        Server = configuration.Host;
        Namespace = string.IsNullOrEmpty(configuration.Namespace) ? DefaultNamespace : configuration.Namespace;
    }

    /// <summary>Typed operations.</summary>
    public Kubernetes Api { get; }

    /// <summary>Where the API server is.</summary>
    public string Server { get; }

    /// <summary>The context's namespace.</summary>
    public string Namespace { get; }

    /// <exception cref="ClusterException">The configuration cannot be used.</exception>
    public static ClusterClient Open(string? file = null, string? context = null) =>
        Open(new ClusterChoice { File = file, Context = context });

    /// <exception cref="ClusterException">The configuration cannot be used.</exception>
    public static ClusterClient Open(ClusterChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        var configuration = ClusterConfiguration.Load(choice);
        try
        {
            return new ClusterClient(configuration, choice.As);
        }
        catch (Exception problem) when (problem is IOException or FormatException or ArgumentException
            or UriFormatException or System.Security.Cryptography.CryptographicException or KubernetesException)
        {
            throw new ClusterException($"kubeconfig: {problem.Message}", problem);
        }
    }

    /// <summary>Returns once the head of the answer is there.</summary>
    /// <param name="path">With its query, from the server's root: `/api/v1/pods?limit=500`.</param>
    public async Task<HttpResponseMessage> GetAsync(string path, string accept, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Target(path));
        return await SendAsync(request, accept, null, cancel).ConfigureAwait(false);
    }

    /// <summary>The same for any request.</summary>
    /// <param name="sending">Called when all that may take time is done and the request is about to go; may throw.
    /// </param>
    public async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, string accept, Action? sending, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(accept);
        request.Version = Api.HttpClient.DefaultRequestVersion;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        foreach (var type in accept.Split(',')) request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(type));
        await ProveAsync(request, cancel).ConfigureAwait(false);
        sending?.Invoke();
        return await Api.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel)
            .ConfigureAwait(false);
    }

    /// <param name="path">With its query, from the server's root.</param>
    public Uri Target(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new Uri(Api.BaseUri, path.TrimStart('/'));
    }

    /// <summary>The token that we show the server; null where a certificate or a password says who we are.</summary>
    public async Task<string?> BearerTokenAsync(CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Api.BaseUri);
        await ProveAsync(request, cancel).ConfigureAwait(false);
        return request.Headers.Authorization is { Scheme: "Bearer", Parameter: { Length: > 0 } token } ? token : null;
    }

    /// <summary>A connection to a port of a pod, through the API server.</summary>
    /// <exception cref="ClusterException">The server, or the node's kubelet, does not make it.</exception>
    public async Task<Stream> ForwardAsync(string inNamespace, string pod, int port, CancellationToken cancel)
    {
        var path = $"/api/v1/namespaces/{inNamespace}/pods/{pod}/portforward?ports={port}";
        using var request = new HttpRequestMessage(HttpMethod.Get, Target(path));
        await ProveAsync(request, cancel).ConfigureAwait(false);
        return await PodStream.OpenAsync(Api.HttpClient, request, cancel).ConfigureAwait(false);
    }

    public void Dispose() => Api.Dispose();

    private async Task ProveAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (Api.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancel).ConfigureAwait(false);
        }
    }
}
