using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Charts;

/// <summary>Releases of the chart on a real API server: what Helm and the server say of each other.</summary>
/// <param name="name">Of the release; its namespaces begin with it, so that releases do not meet.</param>
internal sealed class Installation(ControlPlane plane, string name) : IDisposable
{
    private readonly ClusterClient _client = plane.Open();

    public string Name => name;

    public string Namespace => $"{name}-system";

    public string SensorsNamespace => $"{name}-sensors";

    public ClusterClient Client => _client;

    public ObjectClient Objects => new(_client);

    /// <summary>helm, against the server.</summary>
    public string Helm(params string[] arguments)
    {
        string[] all = [.. arguments, "--kubeconfig", plane.KubeConfig, "--namespace", Namespace];
        var (code, output, error) = Charts.Helm.Run(all);
        Assert.True(code == 0, $"helm {string.Join(' ', all)}:\n{output}{error}");
        return output;
    }

    public string Install(params string[] arguments) => Helm(
        [
            "upgrade", "--install", name, Charts.Helm.Chart, "--create-namespace",
            "--set", $"sensorNamespace.name={SensorsNamespace}", .. arguments,
        ]);

    /// <summary>Where is it said: whether somebody may do something.</summary>
    public async Task<bool> MayAsync(string user, string verb, string group, string resource, string inNamespace)
    {
        var parts = resource.Split('/');
        var attributes = new JsonObject { ["verb"] = verb, ["group"] = group, ["resource"] = parts[0] };
        if (parts.Length > 1) attributes["subresource"] = parts[1];
        if (inNamespace.Length > 0) attributes["namespace"] = inNamespace;
        var account = new JsonArray("system:serviceaccounts", "system:authenticated");
        var review = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SubjectAccessReview",
            ["spec"] = new JsonObject { ["user"] = user, ["groups"] = account, ["resourceAttributes"] = attributes },
        };
        var path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        using var content = new StringContent(review.ToJsonString(), null, "application/json");
        using var answer = await _client.Api.HttpClient.PostAsync(_client.Target(path), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return (bool)JsonNode.Parse(text)!["status"]!["allowed"]!;
    }

    /// <summary>A client with the rights of a service account of the release.</summary>
    /// <param name="folder">Where its kubeconfig goes, which has a token in it.</param>
    public async Task<ClusterClient> ClientOfAsync(string component, string folder)
    {
        var request = new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = new JsonObject { ["expirationSeconds"] = 3600 },
        };
        var path = $"/api/v1/namespaces/{Namespace}/serviceaccounts/{name}-{component}/token";
        using var content = new StringContent(request.ToJsonString(), null, "application/json");
        using var answer = await _client.Api.HttpClient.PostAsync(_client.Target(path), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        var authority = Path.Combine(Path.GetDirectoryName(plane.KubeConfig)!, "pki", "ca.crt");
        var file = Path.Combine(folder, $"{component}.kubeconfig");
        // JSON is YAML.
        File.WriteAllText(file, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Config",
            ["current-context"] = "one",
            ["clusters"] = Named("cluster", new JsonObject
            {
                ["server"] = _client.Server, ["certificate-authority"] = authority,
            }),
            ["users"] = Named("user", new JsonObject
            {
                ["token"] = (string)JsonNode.Parse(text)!["status"]!["token"]!,
            }),
            ["contexts"] = Named("context", new JsonObject { ["cluster"] = "one", ["user"] = "one" }),
        }.ToJsonString());
        return ClusterClient.Open(file);
    }

    public string Account(string component) => $"system:serviceaccount:{Namespace}:{name}-{component}";

    public void Dispose() => _client.Dispose();

    private static JsonArray Named(string what, JsonObject one) =>
        new(new JsonObject { ["name"] = "one", [what] = one });
}
