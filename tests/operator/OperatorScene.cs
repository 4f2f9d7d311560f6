using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Operator;
using NetSniff.Operator.Config;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Operator;

/// <summary>An operator on a real API server, with two namespaces of its own and no controllers beside it: what a
/// DaemonSet's status says, the test says.</summary>
internal sealed class OperatorScene : IAsyncDisposable
{
    private readonly TestNamespaceOfCluster _system;
    private readonly TestNamespaceOfCluster _sensors;
    private readonly List<OperatorHost> _hosts = [];
    private readonly List<ClusterClient> _clients = [];

    private OperatorScene(ControlPlane plane, TestNamespaceOfCluster system, TestNamespaceOfCluster sensors)
    {
        (Plane, _system, _sensors) = (plane, system, sensors);
        Objects = new ObjectClient(system.Cluster);
        Settings = new OperatorSettings
        {
            Instance = "ns",
            Namespace = system.Name,
            SensorsNamespace = sensors.Name,
            WatchNamespaces = [system.Name, sensors.Name],
            Version = "0.1.0",
            Images = new ImageSettings { Sensor = "netsniff.test/sensor:1", Worker = "netsniff.test/worker:1" },
        };
    }

    public ControlPlane Plane { get; }

    public ObjectClient Objects { get; }

    public OperatorSettings Settings { get; }

    public FakeMembers Members { get; } = new();

    public List<string> Said { get; } = [];

    public TestNamespaceOfCluster Pods => _system;

    public TestNamespaceOfCluster SensorPods => _sensors;

    public string System => _system.Name;

    public string Sensors => _sensors.Name;

    public static async Task<OperatorScene> OpenAsync(ControlPlane plane)
    {
        var (system, sensors) = (await plane.NewNamespaceAsync(), await plane.NewNamespaceAsync());
        await OwnDefinitions.EnsureAsync(system.Cluster);
        return new OperatorScene(plane, system, sensors);
    }

    public OperatorHost Start(
        string identity = "one", FakeMembers? members = null, Func<string, string?>? compile = null)
    {
        var client = Plane.Open();
        _clients.Add(client);
        var host = new OperatorHost(
            new OperatorOptions
            {
                Settings = Settings,
                Cluster = client,
                Identity = identity,
                Random = new Random(20261126),
                CompileFilter = compile,
                Say = (text, _) =>
                {
                    lock (Said) Said.Add(text);
                },
            },
            members ?? Members);
        _hosts.Add(host);
        host.Start();
        return host;
    }

    /// <param name="spec">As JSON.</param>
    public Task<JsonObject> PutProfileAsync(string name, string spec, string? inNamespace = null) =>
        Objects.ApplyAsync(
            OwnKinds.CaptureProfiles,
            new ResourceName(inNamespace ?? System, name),
            JsonNode.Parse($$"""
                {"apiVersion": "netsniff.io/v1alpha1", "kind": "CaptureProfile",
                 "metadata": {"name": "{{name}}", "namespace": "{{inNamespace ?? System}}"}, "spec": {{spec}}}
                """)!.AsObject(),
            "tests",
            "",
            CancellationToken.None);

    /// <summary>Any object of ours.</summary>
    /// <param name="spec">As JSON.</param>
    public Task<JsonObject> PutAsync(
        ResourceKind kind, string kindName, string name, string spec, string labels = "{}") =>
        Objects.ApplyAsync(
            kind,
            new ResourceName(System, name),
            JsonNode.Parse($$"""
                {"apiVersion": "netsniff.io/v1alpha1", "kind": "{{kindName}}",
                 "metadata": {"name": "{{name}}", "namespace": "{{System}}", "labels": {{labels}}}, "spec": {{spec}}}
                """)!.AsObject(),
            "tests",
            "",
            CancellationToken.None);

    /// <summary>`True/Compiled`; empty where there is none.</summary>
    public string ConditionOf(ResourceKind kind, string name, string type) =>
        (Find(kind, System, name)?["status"]?["conditions"] as JsonArray ?? [])
        .Where(one => one!["type"]!.GetValue<string>() == type)
        .Select(one => $"{one!["status"]}/{one["reason"]}").FirstOrDefault("");

    public JsonObject? Find(ResourceKind kind, string inNamespace, string name) =>
        Objects.FindAsync(kind, new ResourceName(inNamespace, name), CancellationToken.None).GetAwaiter().GetResult();

    public JsonObject? Profile(string name) => Find(OwnKinds.CaptureProfiles, System, name);

    /// <summary>`True/Valid`; empty where there is none.</summary>
    public string Condition(string profile, string type, string? inNamespace = null)
    {
        var one = Find(OwnKinds.CaptureProfiles, inNamespace ?? System, profile);
        var all = one?["status"]?["conditions"] as JsonArray ?? [];
        return all.Where(each => each!["type"]!.GetValue<string>() == type)
            .Select(each => $"{each!["status"]}/{each["reason"]}").FirstOrDefault("");
    }

    public string Message(string profile, string type) =>
        (Profile(profile)?["status"]?["conditions"] as JsonArray ?? [])
        .Where(one => one!["type"]!.GetValue<string>() == type).Select(one => one!["message"]!.GetValue<string>())
        .FirstOrDefault("");

    /// <summary>Names of what there is, with its kind: `secrets/ns-ca`.</summary>
    public IReadOnlyList<string> Children() =>
        [.. All().Select(one => $"{one.Kind.Plural}/{one.Name.Name}").Order(StringComparer.Ordinal)];

    /// <summary>Everything that was made.</summary>
    public async Task DeleteChildrenAsync()
    {
        foreach (var (kind, name) in All()) await Objects.DeleteAsync(kind, name, "Background", CancellationToken.None);
    }

    /// <summary>Until for two seconds nothing was written.</summary>
    public static async Task QuietAsync(OperatorHost host)
    {
        for (var before = -1L; before != host.Writes;)
        {
            before = host.Writes;
            await Task.Delay(TimeSpan.FromSeconds(2));
        }
    }

    private List<(ResourceKind Kind, ResourceName Name)> All()
    {
        List<(ResourceKind Kind, ResourceName Name)> found = [];
        foreach (var (kind, space) in new[]
        {
            (ObjectKinds.ConfigMaps, System), (ObjectKinds.Secrets, System), (ObjectKinds.Services, System),
            (ObjectKinds.StatefulSets, System), (ObjectKinds.NetworkPolicies, System),
            (ObjectKinds.DisruptionBudgets[1], System), (ObjectKinds.ConfigMaps, Sensors),
            (ObjectKinds.Secrets, Sensors), (ObjectKinds.DaemonSets, Sensors), (ObjectKinds.NetworkPolicies, Sensors),
        })
        {
            var all = Objects.ListAsync(kind, space, $"{ObjectNames.Instance}=ns", default).GetAwaiter().GetResult();
            found.AddRange(all.Select(one =>
                (kind, new ResourceName(space, one["metadata"]!["name"]!.GetValue<string>()))));
        }

        return found;
    }

    /// <summary>What the controller of DaemonSets would say.</summary>
    public async Task CountNodesAsync(string inClass, int nodes)
    {
        var name = $"ns-sensor-{inClass}";
        var generation = Find(ObjectKinds.DaemonSets, Sensors, name)!["metadata"]!["generation"]!.GetValue<long>();
        await Objects.MergeAsync(
            ObjectKinds.DaemonSets,
            new ResourceName(Sensors, name),
            new JsonObject
            {
                ["status"] = new JsonObject
                {
                    ["observedGeneration"] = generation, ["desiredNumberScheduled"] = nodes,
                    ["currentNumberScheduled"] = nodes, ["numberMisscheduled"] = 0, ["numberReady"] = nodes,
                },
            },
            "status",
            CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        // What a test that fails is read by.
        lock (Said) TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', Said));
        foreach (var host in _hosts) await host.DisposeAsync();
        foreach (var client in _clients) client.Dispose();
        _system.Dispose();
        _sensors.Dispose();
    }
}
