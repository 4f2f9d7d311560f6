using System.Text;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Operator;
using NetSniff.Operator.Cleaning;
using NetSniff.Operator.Config;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Charts;

/// <summary>The chart on a real API server, which has no nodes: what is installed is there, what is taken away is gone,
/// and the rights are those that are meant.</summary>
public class InstallTests(ControlPlane plane) : IClassFixture<ControlPlane>
{
    private static readonly ResourceKind s_definitions =
        new("apiextensions.k8s.io", "v1", "customresourcedefinitions");

    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(60);

    public static TheoryData<string, string, string, string, string, bool> Rights => new()
    {
        { "operator", "create", "apps", "daemonsets", "sensors", true },
        { "operator", "create", "apps", "daemonsets", "system", false },
        { "operator", "create", "apps", "daemonsets", "default", false },
        { "operator", "create", "apps", "statefulsets", "system", true },
        { "operator", "patch", "apps", "statefulsets/scale", "system", true },
        { "operator", "get", "", "secrets", "system", true },
        { "operator", "get", "", "secrets", "default", false },
        { "operator", "list", "", "secrets", "", false },
        { "operator", "watch", "", "pods", "", true },
        { "operator", "delete", "", "pods", "default", false },
        { "operator", "patch", "netsniff.io", "captureprofiles/status", "default", true },
        { "operator", "create", "netsniff.io", "captureprofiles", "system", true },
        { "operator", "create", "netsniff.io", "captureprofiles", "default", false },
        { "operator", "create", "", "events", "default", true },
        { "operator", "create", "coordination.k8s.io", "leases", "system", true },
        { "operator", "create", "rbac.authorization.k8s.io", "roles", "system", false },
        { "operator", "create", "", "pods/exec", "sensors", false },
        { "worker", "list", "", "pods", "", true },
        { "worker", "create", "authentication.k8s.io", "tokenreviews", "", true },
        { "worker", "create", "authorization.k8s.io", "subjectaccessreviews", "", true },
        { "worker", "get", "", "secrets", "system", false },
        { "worker", "list", "", "configmaps", "system", false },
        { "viewer", "get", "netsniff.io", "flows", "", true },
        { "viewer", "get", "netsniff.io", "capturesessions/files", "default", false },
        { "packets", "get", "netsniff.io", "capturesessions/files", "default", true },
        { "viewer", "create", "", "pods/portforward", "system", true },
        { "viewer", "create", "", "pods/portforward", "default", false },
        { "viewer", "create", "", "serviceaccounts/token", "system", false },
    };

    [Fact]
    public async Task Installs_upgrades_goes_back_and_goes()
    {
        using var release = Make("life");
        release.Install("--set", "operator.replicas=1");
        Assert.Equal(1, await ReplicasAsync(release));
        foreach (var plural in CustomResources) Assert.NotNull(await DefinitionAsync(release, plural));

        release.Install("--set", "operator.replicas=3", "--set", "worker.scaling=None");
        Assert.Equal(3, await ReplicasAsync(release));
        Assert.Equal("None", (await SettingsAsync(release)).Worker.Scaling);

        release.Helm("rollback", release.Name, "1");
        Assert.Equal(1, await ReplicasAsync(release));
        Assert.Equal("Auto", (await SettingsAsync(release)).Worker.Scaling);

        // No node, so no pod of the hook: what it does is another test's.
        release.Helm("uninstall", release.Name, "--no-hooks");
        Assert.Null(await release.Objects.FindAsync(
            ObjectKinds.Deployments, new ResourceName(release.Namespace, "life-operator"), default));
        foreach (var plural in CustomResources) Assert.NotNull(await DefinitionAsync(release, plural));

        // What was kept is taken up again, and goes when it shall.
        release.Install("--set", "crds.keep=false", "--set", "sensorNamespace.name=life-again");
        release.Helm("uninstall", release.Name, "--no-hooks");
        await RemoveDefinitionsAsync(release);
    }

    [Fact]
    public async Task Rights_are_those_that_are_meant()
    {
        using var release = Make("rights");
        release.Install("--set", "crds.install=false");
        foreach (var row in Rights)
        {
            var (account, verb, group, resource, place, isAllowed) = row.Data;
            var inNamespace = place is "system" or "sensors" ? $"rights-{place}" : place;
            var may = await release.MayAsync(release.Account(account), verb, group, resource, inNamespace);
            Assert.True(may == isAllowed, $"{account} {verb} {resource}.{group} in '{place}': {may}");
        }
    }

    /// <summary>Everything with the operator's own rights, so that one that is missing is found.</summary>
    [Fact]
    public async Task An_operator_makes_what_it_should_and_cleaning_takes_it_away()
    {
        using var release = Make("own");
        release.Install();
        using var folder = new TemporaryFolder();
        using var client = await release.ClientOfAsync("operator", folder.Path);
        var settings = await SettingsAsync(release);
        settings.Defaults = folder["defaults"];
        Directory.CreateDirectory(settings.Defaults);
        await WriteDefaultsAsync(release, settings.Defaults);
        List<string> troubles = [];
        await using (var host = Start(settings, client, troubles))
        {
            await Eventually.Is("secrets 4, daemonsets 1, statefulsets 1", () => Made(release));
            await Eventually.Is(true, () => Rules(release).Count > 5 && Rules(release).ContainsKey("old-tls"));
        }

        Assert.DoesNotContain(troubles, line => line.Contains("forbidden"));
        await AddUsersProfileAsync(release);
        List<string> left = [];
        var cleaning = new ClusterCleaning(settings, new ObjectClient(client), TimeProvider.System, (line, isLeft) =>
        {
            if (isLeft) left.Add(line);
        });
        Assert.True(await cleaning.RunAsync(withNodes: false, s_timeMax, default), string.Join('\n', left));

        Assert.Equal(0, await ReplicasAsync(release));
        Assert.Empty(Managed(release, settings));
        Assert.Empty(await release.Objects.ListAsync(OwnKinds.CaptureProfiles, release.Namespace, "", default));
        Assert.Empty(Rules(release));
        // What somebody made stays, and can be deleted when nobody is there to agree.
        var users = Assert.Single(await release.Objects.ListAsync(OwnKinds.CaptureProfiles, "default", "", default));
        Assert.Null(users["metadata"]!["finalizers"]);
        // Helm's own things are Helm's.
        Assert.NotNull(await release.Objects.FindAsync(
            ObjectKinds.ConfigMaps, new ResourceName(release.Namespace, "own-operator"), default));
        release.Helm("uninstall", release.Name, "--no-hooks");
        await RemoveDefinitionsAsync(release);
    }

    [Fact]
    public async Task What_comes_with_the_chart_is_applied_and_what_somebody_changed_stays()
    {
        using var release = Make("begin");
        release.Install("--set", "rbac.create=false");
        using var folder = new TemporaryFolder();
        var settings = await SettingsAsync(release);
        settings.Defaults = folder.Path;
        await WriteDefaultsAsync(release, folder.Path);
        List<string> said = [];
        await using (Start(settings, release.Client, said))
        {
            await Eventually.Is(10, () => Rules(release).Count);
        }

        var scan = new ResourceName(release.Namespace, "port-scan");
        var sweep = new ResourceName(release.Namespace, "host-sweep");
        foreach (var name in new[] { scan, sweep })
        {
            var patch = new JsonObject { ["spec"] = new JsonObject { ["mode"] = "Shadow" } };
            await release.Objects.MergeAsync(OwnKinds.DetectionRules, name, patch, "", default);
        }

        // One is as it was, of one the field is another now that somebody changed, one is gone.
        var changed = folder["detectionrule-host-sweep.json"];
        File.WriteAllText(
            changed, File.ReadAllText(changed).Replace("""severity": "Medium""", """severity": "Low"""));
        File.Delete(folder["detectionrule-old-tls.json"]);
        await using (Start(settings, release.Client, said))
        {
            await Eventually.Is(9, () => Rules(release).Count);
        }

        Assert.Equal("Shadow", (string?)Rules(release)["port-scan"]["spec"]!["mode"]);
        Assert.Equal("Shadow", (string?)Rules(release)["host-sweep"]["spec"]!["mode"]);
        Assert.Contains(said, line => line.Contains("host-sweep was changed by somebody and stays so"));
        Assert.DoesNotContain(said, line => line.Contains("port-scan was changed"));
        var cleaning = new ClusterCleaning(settings, release.Objects, TimeProvider.System, (_, _) => { });
        Assert.True(await cleaning.RunAsync(withNodes: false, s_timeMax, default));
        release.Helm("uninstall", release.Name, "--no-hooks");
        await RemoveDefinitionsAsync(release);
    }

    /// <summary>Nobody answers: it says so and ends in time, for it is run by an uninstallation.</summary>
    [Fact]
    public async Task Cleaning_ends_in_time_whatever_it_meets()
    {
        using var release = Make("late");
        using var nobody = ClusterClient.Open(plane.NobodysKubeConfig);
        var settings = new OperatorSettings
        {
            Instance = "late", Namespace = "late-system", SensorsNamespace = "late-sensors",
            Images = new ImageSettings { Sensor = "s", Worker = "w" },
        };
        List<string> left = [];
        var cleaning = new ClusterCleaning(settings, new ObjectClient(nobody), TimeProvider.System, (line, isLeft) =>
        {
            if (isLeft) left.Add(line);
        });
        var run = cleaning.RunAsync(withNodes: true, TimeSpan.FromSeconds(5), default);
        Assert.False(await run.WaitAsync(s_timeMax));
        Assert.Equal(5, left.Count);
        Assert.All(left, line => Assert.Contains("forbidden", line));
    }

    private static string[] CustomResources => ["captureprofiles", "capturesessions", "detectionrules"];

    private Installation Make(string name)
    {
        plane.Require();
        Helm.Require();
        return new Installation(plane, name);
    }

    private static OperatorHost Start(OperatorSettings settings, ClusterClient client, List<string> troubles)
    {
        var host = new OperatorHost(
            new OperatorOptions
            {
                Settings = settings,
                Cluster = client,
                Identity = Guid.NewGuid().ToString("n"),
                Random = new Random(1),
                Say = (line, isTrouble) =>
                {
                    if (!isTrouble) return;

                    lock (troubles) troubles.Add(line);
                },
            },
            new ClusterMembers());
        host.Start();
        return host;
    }

    private static async Task WriteDefaultsAsync(Installation release, string folder)
    {
        var map = await release.Objects.FindAsync(
            ObjectKinds.ConfigMaps, new ResourceName(release.Namespace, $"{release.Name}-defaults"), default);
        foreach (var (file, text) in map!["data"]!.AsObject())
        {
            await File.WriteAllTextAsync(Path.Combine(folder, file), (string)text!);
        }
    }

    private static Dictionary<string, JsonObject> Rules(Installation release) =>
        List(release, OwnKinds.DetectionRules, release.Namespace, "")
            .ToDictionary(one => (string)one["metadata"]!["name"]!);

    private static string Made(Installation release)
    {
        var managed = $"{ObjectNames.ManagedBy}={ObjectNames.Manager},{ObjectNames.Instance}={release.Name}";
        ResourceKind[] kinds = [ObjectKinds.Secrets, ObjectKinds.DaemonSets, ObjectKinds.StatefulSets];
        return string.Join(", ", kinds.Select(kind => $"{kind.Plural} {List(release, kind, null, managed).Count}"));
    }

    private static IReadOnlyList<string> Managed(Installation release, OperatorSettings settings)
    {
        ResourceKind[] kinds =
        [
            ObjectKinds.Secrets, ObjectKinds.ConfigMaps, ObjectKinds.Services, ObjectKinds.DaemonSets,
            ObjectKinds.StatefulSets, ObjectKinds.NetworkPolicies, ObjectKinds.DisruptionBudgets[1], ObjectKinds.Leases,
        ];
        return [.. kinds.SelectMany(kind => List(release, kind, null, new ObjectNames(settings).Selection)
            .Select(one => $"{kind.Plural} {one["metadata"]!["name"]}"))];
    }

    private static IReadOnlyList<JsonObject> List(
        Installation release, ResourceKind kind, string? inNamespace, string labels) =>
        release.Objects.ListAsync(kind, inNamespace, labels, default).GetAwaiter().GetResult();

    /// <summary>Of somebody with a namespace of their own.</summary>
    private static async Task AddUsersProfileAsync(Installation release) => await release.Objects.CreateAsync(
        OwnKinds.CaptureProfiles,
        "default",
        new JsonObject
        {
            ["apiVersion"] = "netsniff.io/v1alpha1",
            ["kind"] = "CaptureProfile",
            ["metadata"] = new JsonObject
            {
                ["name"] = "users", ["namespace"] = "default", ["finalizers"] = new JsonArray(Finalizers.Cleanup),
            },
            ["spec"] = new JsonObject(),
        },
        default);

    private static async Task RemoveDefinitionsAsync(Installation release)
    {
        foreach (var plural in CustomResources)
        {
            var name = new ResourceName("", $"{plural}.netsniff.io");
            await release.Objects.DeleteAsync(s_definitions, name, "", default);
            await Eventually.Is(true, () => DefinitionAsync(release, plural).GetAwaiter().GetResult() is null);
        }
    }

    private static async Task<OperatorSettings> SettingsAsync(Installation release)
    {
        var map = await release.Objects.FindAsync(
            ObjectKinds.ConfigMaps, new ResourceName(release.Namespace, $"{release.Name}-operator"), default);
        var text = Encoding.UTF8.GetBytes((string)map!["data"]!["operator.json"]!);
        var settings = OperatorSettingsReader.Read(text, out var problems);
        Assert.Empty(problems);
        return settings!;
    }

    private static async Task<int> ReplicasAsync(Installation release)
    {
        var name = new ResourceName(release.Namespace, $"{release.Name}-operator");
        return (int)(await release.Objects.FindAsync(ObjectKinds.Deployments, name, default))!["spec"]!["replicas"]!;
    }

    private static Task<JsonObject?> DefinitionAsync(Installation release, string plural) =>
        release.Objects.FindAsync(s_definitions, new ResourceName("", $"{plural}.netsniff.io"), default);
}
