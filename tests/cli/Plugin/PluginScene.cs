using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using NetSniff.Kube;
using NetSniff.Tests.Kube;
using NetSniff.Tests.Worker.Serve;

namespace NetSniff.Tests.Cli.Plugin;

/// <summary>An installation on a real API server: pods that are only written there, a kubelet that forwards their
/// ports, and real workers at the other end.</summary>
internal sealed class PluginScene : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestNamespaceOfCluster _cluster;
    private readonly string _node;
    private readonly List<TestWorker> _workers = [];

    private PluginScene(TestNamespaceOfCluster cluster, FakeKubelet kubelet, string token)
    {
        (_cluster, Kubelet, Token, _node) = (cluster, kubelet, token, $"node-of-{cluster.Name}");
        Authority = new TestAuthority();
    }

    public FakeKubelet Kubelet { get; }

    public TestAuthority Authority { get; }

    public string Namespace => _cluster.Name;

    public ClusterClient Client => _cluster.Cluster;

    /// <summary>Of the user of <see cref="KubeConfig"/>, which workers take too.</summary>
    public string Token { get; }

    /// <summary>Somebody with a token, who may reach workers and no more.</summary>
    public string KubeConfig => _folder["kubeconfig"];

    public static async Task<PluginScene> MakeAsync(ControlPlane plane)
    {
        var cluster = await plane.NewNamespaceAsync();
        var api = cluster.Cluster.Api;
        foreach (var account in (string[])["user", "netsniff-viewer"])
        {
            await api.CoreV1.CreateNamespacedServiceAccountAsync(
                new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = account } }, cluster.Name);
        }

        var answer = await api.CoreV1.CreateNamespacedServiceAccountTokenAsync(
            new Authenticationv1TokenRequest { Spec = new V1TokenRequestSpec { Audiences = [] } }, "user",
            cluster.Name);
        var scene = new PluginScene(cluster, await FakeKubelet.StartAsync(), answer.Status.Token);
        await scene.SetUpAsync(plane);
        return scene;
    }

    /// <summary>Arguments that say which cluster and which installation.</summary>
    public string[] Arguments(params string[] arguments) =>
        [.. arguments, "--kubeconfig", KubeConfig, "--netsniff-namespace", Namespace];

    public async Task<TestWorker> AddWorkerAsync(string pod, bool isReady = true)
    {
        var worker = await TestWorker.StartAsync("netsniff-worker", authority: Authority, secret: Token);
        _workers.Add(worker);
        Kubelet.Lead(pod, worker.Server.Address.Port);
        await _cluster.AddPodAsync(pod, made =>
        {
            made.Spec.NodeName = _node;
            made.Metadata.Labels = new Dictionary<string, string>
            {
                ["app.kubernetes.io/part-of"] = "netsniff", ["app.kubernetes.io/component"] = "worker",
                ["app.kubernetes.io/instance"] = "netsniff",
            };
        });
        await SetReadyAsync(pod, isReady);
        return worker;
    }

    public Task SetReadyAsync(string pod, bool isReady) => _cluster.SetStatusAsync(
        pod, $$"""
        {"phase": "Running", "conditions": [{"type": "Ready", "status": "{{(isReady ? "True" : "False")}}"}],
         "containerStatuses": [{"name": "one", "image": "none", "imageID": "", "ready": false, "restartCount": 2,
           "state": {{(isReady ? "{\"running\": {}}" : "{\"waiting\": {\"reason\": \"CrashLoopBackOff\"}}")}}}]}
        """);

    public async Task DeleteWorkerAsync(string pod)
    {
        await _cluster.DeletePodAsync(pod);
        Kubelet.Cut(pod);
    }

    public async Task DenyForwardingAsync()
    {
        var role = await Client.Api.RbacAuthorizationV1.ReadNamespacedRoleAsync("netsniff-user", Namespace);
        role.Rules = [.. role.Rules.Where(static rule => !rule.Resources.Contains("pods/portforward"))];
        await Client.Api.RbacAuthorizationV1.ReplaceNamespacedRoleAsync(role, "netsniff-user", Namespace);
    }

    /// <summary>The user may do more.</summary>
    public async Task AllowAsync(params V1PolicyRule[] rules)
    {
        var role = await Client.Api.RbacAuthorizationV1.ReadNamespacedRoleAsync("netsniff-user", Namespace);
        role.Rules = [.. role.Rules, .. rules];
        await Client.Api.RbacAuthorizationV1.ReplaceNamespacedRoleAsync(role, "netsniff-user", Namespace);
    }

    /// <summary>Whose the API server says a token is, and whether it is good.</summary>
    /// <param name="audience">Null for the API server's own.</param>
    public async Task<(string User, bool IsGood)> ReviewAsync(string token, string? audience)
    {
        var review = await Client.Api.AuthenticationV1.CreateTokenReviewAsync(new V1TokenReview
        {
            Spec = new V1TokenReviewSpec { Token = token, Audiences = audience is null ? null : [audience] },
        });
        return (review.Status.User?.Username ?? "", review.Status.Authenticated ?? false);
    }

    public async ValueTask DisposeAsync()
    {
        await Kubelet.DisposeAsync();
        foreach (var worker in _workers) await worker.DisposeAsync();
        await Client.Api.CoreV1.DeleteNodeAsync(_node);
        _cluster.Dispose();
        _folder.Dispose();
    }

    private async Task SetUpAsync(ControlPlane plane)
    {
        var api = Client.Api;
        await api.CoreV1.CreateNodeAsync(new V1Node { Metadata = new V1ObjectMeta { Name = _node } });
        var status = new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = "127.0.0.1" }),
                ["daemonEndpoints"] = new JsonObject
                {
                    ["kubeletEndpoint"] = new JsonObject { ["Port"] = Kubelet.Port },
                },
            },
        };
        await api.CoreV1.PatchNodeStatusAsync(new V1Patch(status.ToJsonString(), V1Patch.PatchType.MergePatch), _node);
        await api.CoreV1.CreateNamespacedConfigMapAsync(
            new V1ConfigMap
            {
                Metadata = new V1ObjectMeta { Name = "netsniff-ca-bundle" },
                Data = new Dictionary<string, string> { ["ca.crt"] = Authority.Roots.ExportCertificatePems() },
            },
            Namespace);
        await api.RbacAuthorizationV1.CreateNamespacedRoleAsync(
            new V1Role
            {
                Metadata = new V1ObjectMeta { Name = "netsniff-user" },
                Rules =
                [
                    new V1PolicyRule { ApiGroups = [""], Resources = ["pods"], Verbs = ["list"] },
                    new V1PolicyRule { ApiGroups = [""], Resources = ["pods/portforward"], Verbs = ["get"] },
                    new V1PolicyRule { ApiGroups = [""], Resources = ["configmaps"], Verbs = ["get"] },
                ],
            },
            Namespace);
        await api.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new V1RoleBinding
            {
                Metadata = new V1ObjectMeta { Name = "netsniff-user" },
                RoleRef = new V1RoleRef
                {
                    ApiGroup = "rbac.authorization.k8s.io", Kind = "Role", Name = "netsniff-user",
                },
                Subjects =
                [
                    new Rbacv1Subject { Kind = "ServiceAccount", Name = "user", NamespaceProperty = Namespace },
                ],
            },
            Namespace);
        await WriteKubeConfigAsync(plane);
    }

    private async Task WriteKubeConfigAsync(ControlPlane plane)
    {
        var admin = await File.ReadAllTextAsync(plane.KubeConfig);
        var server = admin.Split("server: \"")[1].Split('"')[0];
        var authority = Path.Combine(Path.GetDirectoryName(plane.KubeConfig)!, "pki", "ca.crt");
        await File.WriteAllTextAsync(KubeConfig, $$$"""
            apiVersion: v1
            kind: Config
            current-context: user
            clusters: [{name: test, cluster: {server: "{{{server}}}", certificate-authority: "{{{authority}}}"}}]
            users: [{name: user, user: {token: "{{{Token}}}"}}]
            contexts: [{name: user, context: {cluster: test, user: user, namespace: shop}}]
            """);
    }
}
