using System.Globalization;
using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Kubernetes;

namespace NetSniff.Tests.Worker.Enrich.Kubernetes;

/// <summary>What is read of objects as the API has them, and of odd ones.</summary>
public class ReadersTests
{
    private const string Meta = "\"metadata\": {\"name\": \"web-1\", \"namespace\": \"shop\", \"uid\": \"u1\"}";

    [Fact]
    public void Of_a_pod_is_kept_what_names_it()
    {
        var pod = Pod("""
            {"metadata": {"name": "web-7d4-x1", "namespace": "shop", "uid": "u1",
             "creationTimestamp": "2026-01-31T08:00:00Z",
              "labels": {"app": "web", "pod-template-hash": "7d4", "tier": "front"},
              "managedFields": [{"manager": "kubelet"}],
              "ownerReferences": [{"kind": "Odd", "name": "x"},
                                  {"kind": "ReplicaSet", "name": "web-7d4", "controller": true}]},
             "spec": {"nodeName": "node-1", "containers": [
               {"name": "web", "ports": [{"containerPort": 8080}, {"containerPort": 53, "protocol": "UDP"}]},
               {"name": "side", "ports": [{"containerPort": 8080, "protocol": "TCP"}, {"containerPort": 70000}]}]},
             "status": {"phase": "Running", "podIP": "10.1.0.5", "podIPs": [{"ip": "10.1.0.5"}, {"ip": "fd00::5"}],
               "startTime": "2026-01-31T08:00:01Z",
               "containerStatuses": [{"restartCount": 0, "state": {"running": {"startedAt": "2026-01-31T08:00:04Z"}}},
                                     {"restartCount": 0, "state": {"running": {"startedAt": "2026-01-31T08:00:03Z"}}}]}}
            """, out var told);
        Assert.Equal(("shop", "web-7d4-x1", "u1", "node-1"), (pod.Namespace, pod.Name, pod.Uid, pod.Node));
        Assert.Equal(["10.1.0.5", "fd00::5"], pod.Addresses.Select(address => address.ToString()));
        Assert.Equal([new PodPort(6, 8080), new PodPort(17, 53)], pod.Ports);
        Assert.Equal("app=web tier=front", string.Join(' ', pod.Labels.Select(label => $"{label.Key}={label.Value}")));
        Assert.Equal(new IdentityOwner("Deployment", "web"), pod.Owner);
        Assert.Null(pod.UntilNanos);
        Assert.Equal(At("08:00:03"), told.AddressedNanos);
        Assert.Equal(At("08:00:01"), told.BegunNanos);
    }

    public static TheoryData<string, string, string> Owners => new()
    {
        { "a bare replica set", """[{"kind": "ReplicaSet", "name": "web", "controller": true}]""", "ReplicaSet web" },
        { "its name is no deployment's",
            """[{"kind": "ReplicaSet", "name": "web-9", "controller": true}]""", "ReplicaSet web-9" },
        { "a deployment",
            """[{"kind": "ReplicaSet", "name": "my-web-7d4", "controller": true}]""", "Deployment my-web" },
        { "nothing before the hash",
            """[{"kind": "ReplicaSet", "name": "-7d4", "controller": true}]""", "ReplicaSet -7d4" },
        { "nobody controls it",
            """[{"kind": "Rollout", "name": "web"}, {"kind": "Odd", "name": "x"}]""", "Rollout web" },
        { "the kubelet's own", """[{"kind": "Node", "name": "node-1", "controller": true}]""", "" },
        { "none", "[]", "" },
        { "odd ones", """[7, {"kind": "Job"}, {"kind": "Job", "name": "once"}]""", "Job once" },
    };

    [Theory]
    [MemberData(nameof(Owners))]
    public void Its_owner_is_who_controls_it(string what, string references, string owner)
    {
        var pod = Pod($$"""
            {"metadata": {"name": "p", "labels": {"pod-template-hash": "7d4"}, "ownerReferences": {{references}} } }
            """, out _);
        Assert.True(owner == $"{pod.Owner?.Kind} {pod.Owner?.Name}".Trim(), what);
    }

    public static TheoryData<string, string, string, string?> Lives => new()
    {
        // What is told, the status, since when for certain, until when ("gone": it has no address any more).
        { "waits for its image", """{"podIP": "10.1.0.5", "startTime": "2026-01-31T08:00:00Z"}""", "", null },
        {
            "has a network", """
            {"podIP": "10.1.0.5", "conditions": [{"type": "PodReadyToStartContainers", "status": "True",
              "lastTransitionTime": "2026-01-31T08:00:02Z"}],
             "containerStatuses": [{"state": {"running": {"startedAt": "2026-01-31T08:00:05Z"}}}]}
            """, "08:00:02", null
        },
        {
            "an init container was first", """
            {"podIP": "10.1.0.5",
             "initContainerStatuses": [{"state": {"terminated": {"startedAt": "2026-01-31T08:00:02Z"}}}],
             "containerStatuses": [{"state": {"running": {"startedAt": "2026-01-31T08:00:09Z"}}}]}
            """, "08:00:02", null
        },
        {
            "started again", """
            {"podIP": "10.1.0.5", "startTime": "2026-01-31T08:00:00Z",
             "containerStatuses": [{"restartCount": 3, "state": {"running": {"startedAt": "2026-01-31T09:00:09Z"}}}]}
            """, "08:00:00", null
        },
        {
            "has run", """
            {"podIP": "10.1.0.5", "phase": "Succeeded", "containerStatuses": [
              {"state": {"terminated": {"startedAt": "2026-01-31T08:00:01Z", "finishedAt": "2026-01-31T08:30:00Z"}}},
              {"state": {"terminated": {"startedAt": "2026-01-31T08:00:02Z", "finishedAt": "2026-01-31T08:31:00Z"}}}]}
            """, "08:00:01", "08:31:00"
        },
        { "was evicted", """{"podIP": "10.1.0.5", "phase": "Failed", "reason": "Evicted"}""", "", "gone" },
    };

    [Theory]
    [MemberData(nameof(Lives))]
    public void Since_when_and_until_when_it_has_its_address(string what, string status, string since, string? until)
    {
        var pod = Pod($$"""{ {{Meta}}, "status": {{status}} }""", out var told);
        Assert.True((since.Length == 0 ? null : At(since)) == told.AddressedNanos, what);
        Assert.Equal(until is null or "gone" ? null : At(until), pod.UntilNanos);
        Assert.Equal(until == "gone" ? 0 : 1, pod.Addresses.Count);
    }

    [Fact]
    public void One_that_is_deleted_and_runs_no_more_is_over()
    {
        const string over = """
            {"state": {"terminated": {"startedAt": "2026-01-31T08:00:01Z", "finishedAt": "2026-01-31T08:30:00Z"}}}
            """;
        const string meta = """{"name": "p", "deletionTimestamp": "2026-01-31T08:29:00Z"}""";
        var pod = Pod($$"""
            {"metadata": {{meta}}, "status": {"phase": "Running", "podIP": "10.1.0.5",
             "containerStatuses": [{{over}}] } }
            """, out _);
        Assert.Equal(At("08:30:00"), pod.UntilNanos);
        pod = Pod($$"""
            {"metadata": {{meta}}, "status": {"phase": "Running", "podIP": "10.1.0.5",
              "containerStatuses": [{{over}}, {"state": {"running": {"startedAt": "2026-01-31T08:00:01Z"} } }] } }
            """, out _);
        Assert.Null(pod.UntilNanos);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"metadata": null, "spec": null, "status": null}""")]
    [InlineData("""{"metadata": {"name": 7, "labels": [], "ownerReferences": {}}, "spec": [], "status": 3}""")]
    [InlineData("""{"spec": {"containers": [null, {"ports": [null, 1, {"containerPort": "80"}]}]}}""")]
    [InlineData("""{"spec": {"hostNetwork": 1, "nodeName": []}}""")]
    [InlineData("""{"status": {"podIP": "nonsense", "podIPs": [{"ip": null}, {}], "startTime": "yesterday"}}""")]
    [InlineData("""{"subsets": [{"addresses": [{"ip": 1}]}, 5], "endpoints": [{"addresses": "x"}, null]}""")]
    public void Odd_objects_are_read_as_far_as_they_go(string json)
    {
        var one = Json(json);
        foreach (var reader in (IResourceReader<ToldObject>[])
            [new PodReader(), new NodeReader(), new ServiceReader(), new EndpointsReader(), Sets()])
        {
            foreach (var kind in reader.Kinds) Assert.Empty(reader.Read(kind, one)?.Object.Addresses ?? []);
        }
    }

    [Fact]
    public void A_node_has_its_addresses_and_its_zone()
    {
        var reader = new NodeReader();
        var node = (NodeObject)reader.Read(reader.Kinds[0], Json("""
            {"metadata": {"name": "node-1", "creationTimestamp": "2026-01-31T08:00:00Z",
              "labels": {"topology.kubernetes.io/zone": "eu-1a", "failure-domain.beta.kubernetes.io/zone": "old"}},
             "status": {"addresses": [{"type": "Hostname", "address": "10.9.9.9"}, {"type": "InternalIP",
              "address": "192.168.1.1"},
                                      {"type": "ExternalIP", "address": "203.0.113.1"}]}}
            """)).Object;
        Assert.Equal("eu-1a", node.Zone);
        Assert.Equal(["192.168.1.1", "203.0.113.1"], node.Addresses.Select(address => address.ToString()));
    }

    [Fact]
    public void A_service_has_every_address_it_is_reached_by()
    {
        var reader = new ServiceReader();
        var service = reader.Read(reader.Kinds[0], Json("""
            {"metadata": {"name": "cart", "namespace": "shop"},
             "spec": {"clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10", "fd00::10"],
              "externalIPs": ["203.0.113.7"]},
             "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.8"}, {"hostname": "lb.example"}]}}}
            """)).Object;
        Assert.Equal(
            ["10.96.0.10", "fd00::10", "203.0.113.7", "203.0.113.8"],
            service.Addresses.Select(address => address.ToString()));
        var headless = Json("""{"metadata": {"name": "db"}, "spec": {"clusterIP": "None", "clusterIPs": ["None"]}}""");
        Assert.Empty(reader.Read(reader.Kinds[0], headless).Object.Addresses);
    }

    public static TheoryData<int, string, string?> Slices => new()
    {
        {
            0, """
            {"metadata": {"name": "cart-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "cart"}},
             "addressType": "IPv4", "endpoints": [{"addresses": ["10.1.0.7"]},
                {"addresses": ["10.1.0.6"], "conditions": {"ready": false}}]}
            """, "cart-x cart 10.1.0.6 10.1.0.7"
        },
        { 1, """{"metadata": {"name": "s", "namespace": "shop"}, "endpoints": [{"addresses": ["10.1.0.7"]}]}""", null },
        {
            1, """
            {"metadata": {"name": "s", "labels": {"kubernetes.io/service-name": "cart"}}, "addressType": "FQDN",
             "endpoints": [{"addresses": ["example.com"]}]}
            """, null
        },
        {
            2, """
            {"metadata": {"name": "cart", "namespace": "shop"}, "subsets": [{"addresses": [{"ip": "10.1.0.7"}],
             "notReadyAddresses": [{"ip": "10.1.0.6"}]}]}
            """, "cart cart 10.1.0.6 10.1.0.7"
        },
    };

    [Theory]
    [MemberData(nameof(Slices))]
    public void Who_is_behind_a_service_ready_or_not(int kind, string json, string? slice)
    {
        var reader = new EndpointsReader();
        var read = (EndpointsObject?)reader.Read(reader.Kinds[kind], Json(json))?.Object;
        Assert.Equal(slice, read is null ? null : $"{read.Name} {read.Service} {string.Join(' ', read.Addresses)}");
    }

    [Fact]
    public void A_replica_set_belongs_to_its_deployment()
    {
        var set = (WorkloadObject)Sets().Read(default, Json("""
            {"metadata": {"name": "web-7d4", "namespace": "shop",
              "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]}}
            """)).Object;
        Assert.Equal(("ReplicaSet", "shop", "web-7d4"), (set.Kind, set.Namespace, set.Name));
        Assert.Equal(new IdentityOwner("Deployment", "web"), set.Owner);
    }

    private static WorkloadReader Sets() => new("ReplicaSet", new ResourceKind("apps", "v1", "replicasets"));

    private static PodObject Pod(string json, out ToldObject told)
    {
        var reader = new PodReader();
        told = reader.Read(reader.Kinds[0], Json(json));
        return (PodObject)told.Object;
    }

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static long At(string time) =>
        (DateTimeOffset.Parse($"2026-01-31T{time}Z", CultureInfo.InvariantCulture).UtcTicks
            - DateTime.UnixEpoch.Ticks) * 100;
}
