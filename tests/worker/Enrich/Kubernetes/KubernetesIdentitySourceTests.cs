using k8s;
using k8s.Models;
using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Tests.Kube;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Kubernetes;

namespace NetSniff.Tests.Worker.Enrich.Kubernetes;

/// <summary>A real API server is told what a cluster's parts would tell it; the book must say who had which address
/// when.
/// </summary>
[Collection(nameof(ControlPlane))]
public class KubernetesIdentitySourceTests(ControlPlane plane)
{
    [Fact]
    public async Task A_pod_is_named_with_its_workload_service_node_and_zone()
    {
        using var space = await plane.NewNamespaceAsync();
        await AddNodeAsync(space, "node-a", "192.0.2.11", "eu-1a");
        await AddSetAsync(space, "plain", controller: null);
        await space.AddPodAsync("web-7d4-x1", pod =>
        {
            pod.Metadata.Labels = new Dictionary<string, string> { ["app"] = "web", ["pod-template-hash"] = "7d4" };
            pod.Metadata.OwnerReferences = [Owner("ReplicaSet", "web-7d4")];
            pod.Spec.NodeName = "node-a";
        });
        await space.AddPodAsync("plain-x1", pod => pod.Metadata.OwnerReferences = [Owner("ReplicaSet", "plain")]);
        await space.SetStatusAsync("web-7d4-x1", Addressed("10.11.0.1"));
        await space.SetStatusAsync("plain-x1", Addressed("10.11.0.2"));
        await using var names = new RunningNames(space.Cluster);
        await Eventually.Is($"pod {space.Name}/web-7d4-x1 Deployment web eu-1a", () => names.Now("10.11.0.1"));
        await Eventually.Is($"pod {space.Name}/plain-x1 ReplicaSet plain", () => names.Now("10.11.0.2"));
        Assert.Equal("node /node-a", names.Now("192.0.2.11")[..12]);

        // What is told later is true of before as well.
        await AddSetAsync(space, "rollout-5f", Owner("Rollout", "rollout"));
        await space.AddPodAsync("r-x1", pod => pod.Metadata.OwnerReferences = [Owner("ReplicaSet", "rollout-5f")]);
        await space.SetStatusAsync("r-x1", Addressed("10.11.0.3"));
        await Eventually.Is($"pod {space.Name}/r-x1 Rollout rollout", () => names.Now("10.11.0.3"));
        await AddServiceAsync(space, "cart", "10.96.7.7", "10.11.0.3");
        await Eventually.Is("cart", () => names.Peer("10.11.0.3").Service);
        await Eventually.Is($"service {space.Name}/cart", () => names.Now("10.96.7.7"));
        Assert.True(names.Source.IsComplete);
        Assert.Equal((null, null), (names.Source.Problem, names.Source.StaleSince));
    }

    [Fact]
    public async Task A_job_belongs_to_its_cron_job()
    {
        using var space = await plane.NewNamespaceAsync();
        await using var names = new RunningNames(space.Cluster);
        await space.PostAsync($"apis/batch/v1/namespaces/{space.Name}/jobs", """
            {"metadata": {"name": "report-123", "ownerReferences": [{"apiVersion": "batch/v1beta1", "kind": "CronJob",
              "name": "report", "uid": "u", "controller": true}]},
             "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "none"}]}}}}
            """);
        await space.AddPodAsync("report-123-x", pod => pod.Metadata.OwnerReferences = [Owner("Job", "report-123")]);
        await space.SetStatusAsync("report-123-x", Addressed("10.12.0.1"));
        await Eventually.Is($"pod {space.Name}/report-123-x CronJob report", () => names.Now("10.12.0.1"));
    }

    /// <summary>One address, three pods, the last two of one name.</summary>
    [Fact]
    public async Task An_address_is_whose_it_was_at_the_time()
    {
        using var space = await plane.NewNamespaceAsync();
        await using var names = new RunningNames(space.Cluster);
        await Eventually.Is(true, () => names.Source.IsComplete);
        var before = Now();
        await space.AddPodAsync("first");
        await space.SetStatusAsync("first", Addressed("10.13.0.1"));
        await Eventually.Is("first", () => names.Peer("10.13.0.1").Name);
        var ofFirst = Now();
        await space.DeletePodAsync("first");
        await Eventually.Is("", () => names.Peer("10.13.0.1", Now() + 3_000_000_000).Name);
        await space.AddPodAsync("db-0", pod => pod.Metadata.Labels = Life("one"));
        await space.SetStatusAsync("db-0", Addressed("10.13.0.1"));
        await Eventually.Is("one", () => names.Peer("10.13.0.1").Label("life"));
        var ofSecond = Now();
        await space.DeletePodAsync("db-0");
        await space.AddPodAsync("db-0", pod => pod.Metadata.Labels = Life("two"));
        await space.SetStatusAsync("db-0", Addressed("10.13.0.1"));
        await Eventually.Is("two", () => names.Peer("10.13.0.1").Label("life"));
        Assert.Equal("one", names.Peer("10.13.0.1", ofSecond).Label("life"));
        Assert.Equal("first", names.Peer("10.13.0.1", ofFirst).Name);
        Assert.Equal("nobody had this address at that time", names.Peer("10.13.0.1", before).Why);
    }

    [Fact]
    public async Task A_pod_that_has_run_gives_its_address_up_though_it_is_still_there()
    {
        using var space = await plane.NewNamespaceAsync();
        await space.AddPodAsync("once");
        await space.SetStatusAsync("once", """
            {"phase": "Succeeded", "podIP": "10.14.0.1", "podIPs": [{"ip": "10.14.0.1"}],
             "startTime": "2026-01-31T08:00:00Z",
             "containerStatuses": [{"name": "one", "image": "none", "imageID": "", "ready": false, "restartCount": 0,
               "state": {"terminated": {"exitCode": 0, "startedAt": "2026-01-31T08:00:01Z",
                "finishedAt": "2026-01-31T08:30:00Z"}}}]}
            """);
        await space.AddPodAsync("next");
        await space.SetStatusAsync("next", Addressed("10.14.0.1"));
        await using var names = new RunningNames(space.Cluster);
        await Eventually.Is("next", () => names.Peer("10.14.0.1").Name);
        var at = new DateTimeOffset(2026, 1, 31, 8, 10, 0, TimeSpan.Zero);
        Assert.Equal("once", names.Peer("10.14.0.1", (at - DateTimeOffset.UnixEpoch).Ticks * 100).Name);
    }

    [Fact]
    public async Task In_the_nodes_network_the_port_tells_the_pod()
    {
        using var space = await plane.NewNamespaceAsync();
        await AddNodeAsync(space, "node-h", "192.0.2.12", "");
        await space.AddPodAsync("dns", pod =>
        {
            pod.Spec.NodeName = "node-h";
            pod.Spec.HostNetwork = true;
            pod.Spec.Containers[0].Ports =
                [new V1ContainerPort { ContainerPort = 53, HostPort = 53, Protocol = "UDP" }];
        });
        await space.SetStatusAsync("dns", Addressed("192.0.2.12"));
        await using var names = new RunningNames(space.Cluster);
        await Eventually.Is("dns", () => names.Peer("192.0.2.12", Now(), 53, IpProtocol.Udp).Name);
        Assert.Equal("node-h", names.Peer("192.0.2.12", Now(), 53, IpProtocol.Tcp).Name);
    }

    [Fact]
    public async Task While_the_server_is_away_names_stay_and_their_age_is_told()
    {
        using var space = await plane.NewNamespaceAsync();
        await space.AddPodAsync("web");
        await space.SetStatusAsync("web", Addressed("10.15.0.1"));
        await using var names = new RunningNames(space.Cluster);
        await Eventually.Is("web", () => names.Peer("10.15.0.1").Name);
        await Eventually.Is(true, () => names.Source.IsComplete);
        await plane.KillServerAsync();
        await Eventually.Is(true, () => names.Source.StaleSince is not null);
        await Eventually.Is(true, () => names.Source.Problem?.StartsWith("names are of 20") == true);
        Assert.True(names.Source.IsComplete);
        Assert.Equal("web", names.Peer("10.15.0.1").Name);
        await plane.StartServerAsync();
        await space.AddPodAsync("next");
        await space.SetStatusAsync("next", Addressed("10.15.0.2"));
        await Eventually.Is("next", () => names.Peer("10.15.0.2").Name);
        await Eventually.Is(null, () => names.Source.Problem);
    }

    /// <summary>A cluster before 1.19 and one of today, as far as this server can play them.</summary>
    [Theory]
    [InlineData("/apis/discovery.k8s.io/v1beta1", "endpoints")]
    [InlineData("", "endpointslices")]
    public async Task What_the_server_has_is_used(string missing, string used)
    {
        using var space = await plane.NewNamespaceAsync();
        await using var proxy = await FaultProxy.StartAsync(plane.Open());
        if (missing.Length > 0)
        {
            proxy.Once(
                request => request.Path == missing, (context, _) => FaultProxy.Fault.SayAsync(context, 404, "{}"));
        }

        using var cluster = proxy.Open();
        await using var names = new RunningNames(cluster);
        await Eventually.Is(true, () => names.Source.IsComplete);
        var watch = names.Source.Watches.Single(watch => watch.Plural == "endpointslices");
        Assert.Equal(used, watch.State.Kind?.Plural);
        await space.AddPodAsync("cart-1");
        await space.SetStatusAsync("cart-1", Addressed("10.16.0.1"));
        await AddServiceAsync(space, "cart", used == "endpoints" ? "10.96.8.1" : "10.96.8.2", "10.16.0.1");
        await Eventually.Is("cart", () => names.Peer("10.16.0.1").Service);
        await space.DeletePodAsync("cart-1");
    }

    [Fact]
    public async Task Without_the_right_to_look_nobody_is_named_and_all_is_told()
    {
        plane.Require();
        using var cluster = ClusterClient.Open(plane.NobodysKubeConfig);
        await using var names = new RunningNames(cluster);
        await Eventually.Is(
            6, () => names.Source.Watches.Count(watch => watch.State.Failure is { Kind: FailureKind.Forbidden }));
        Assert.False(names.Source.IsComplete);
        Assert.Contains("pods: 403 Forbidden: pods is forbidden: User \"nobody\"", names.Source.Problem);
    }

    private static string Addressed(string address) =>
        $$"""{"phase": "Running", "podIP": "{{address}}", "podIPs": [{"ip": "{{address}}"}]}""";

    private static Dictionary<string, string> Life(string life) => new() { ["life"] = life };

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static V1OwnerReference Owner(string kind, string name) =>
        new() { ApiVersion = "apps/v1", Kind = kind, Name = name, Uid = "u", Controller = true };

    private static async Task AddNodeAsync(TestNamespaceOfCluster space, string name, string address, string zone)
    {
        await space.Cluster.Api.CoreV1.CreateNodeAsync(new V1Node
        {
            Metadata = new V1ObjectMeta
            {
                Name = name,
                Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = zone },
            },
            Status = new V1NodeStatus { Addresses = [new V1NodeAddress { Type = "InternalIP", Address = address }] },
        });
    }

    private static Task<V1ReplicaSet> AddSetAsync(
        TestNamespaceOfCluster space, string name, V1OwnerReference? controller) =>
        space.Cluster.Api.AppsV1.CreateNamespacedReplicaSetAsync(
            new V1ReplicaSet
            {
                Metadata = new V1ObjectMeta { Name = name, OwnerReferences = controller is null ? null : [controller] },
                Spec = new V1ReplicaSetSpec
                {
                    Replicas = 0,
                    Selector = new V1LabelSelector { MatchLabels = Life(name) },
                    Template = new V1PodTemplateSpec
                    {
                        Metadata = new V1ObjectMeta { Labels = Life(name) },
                        Spec = new V1PodSpec { Containers = [new V1Container { Name = "a", Image = "none" }] },
                    },
                },
            },
            space.Name);

    /// <summary>A service with its end points, in both forms, as its controllers write them.</summary>
    private static async Task AddServiceAsync(TestNamespaceOfCluster space, string name, string own, string behind)
    {
        await space.PostAsync($"api/v1/namespaces/{space.Name}/services", $$$"""
            {"metadata": {"name": "{{{name}}}"}, "spec": {"clusterIP": "{{{own}}}", "ports": [{"port": 80}]}}
            """);
        await space.PostAsync($"api/v1/namespaces/{space.Name}/endpoints", $$$"""
            {"metadata": {"name": "{{{name}}}"}, "subsets": [{"addresses": [{"ip": "{{{behind}}}"}],
             "ports": [{"port": 80}]}]}
            """);
        await space.PostAsync($"apis/discovery.k8s.io/v1beta1/namespaces/{space.Name}/endpointslices", $$$"""
            {"metadata": {"name": "{{{name}}}-x", "labels": {"kubernetes.io/service-name": "{{{name}}}"}},
             "addressType": "IPv4", "endpoints": [{"addresses": ["{{{behind}}}"]}], "ports": [{"port": 80}]}
            """);
    }

    private sealed class RunningNames : IAsyncDisposable
    {
        private readonly IdentityBook _book = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public RunningNames(ClusterClient cluster)
        {
            Source = new KubernetesIdentitySource(
                cluster, TimeProvider.System, new Random(20260131),
                new WatchOptions { WaitMin = TimeSpan.FromMilliseconds(20), WaitMax = TimeSpan.FromMilliseconds(500) });
            _running = Source.RunAsync(_book, _stop.Token);
        }

        public KubernetesIdentitySource Source { get; }

        public Peer Peer(string address, long? at = null, ushort port = 0, byte protocol = IpProtocol.Tcp)
        {
            Assert.True(IdentityNetwork.TryAddress(address, out var parsed));
            return Peers.Of(_book.Snapshot.Find(parsed, port, protocol, at ?? KubernetesIdentitySourceTests.Now()));
        }

        public string Now(string address)
        {
            var peer = Peer(address);
            var workload = peer.Kind == PeerKind.Pod ? $"{peer.WorkloadKind} {peer.Workload} {peer.Zone}" : "";
            return $"{peer.Kind.ToString().ToLowerInvariant()} {peer.Namespace}/{peer.Name} {workload}".Trim();
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }
}
