using System.Text;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Operator.Cleaning;
using NetSniff.Operator.Config;
using NetSniff.Operator.Defaults;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Charts;

/// <summary>The chart on a real API server, which has no nodes: what is installed is there, what is taken away is gone, and
/// the rights are those that are meant.</summary>
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
        foreach (var plural in CustomResources)
        {
            await Eventually.Is(true, () => DefinitionAsync(release, plural).GetAwaiter().GetResult() is null);
        }
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

    [Fact]
    public async Task Defaults_are_objects_that_the_server_takes_and_what_is_made_is_cleaned_away()
    {
        using var release = Make("clean");
        release.Install("--set", "crds.install=true");
        var settings = await SettingsAsync(release);
        using var folder = new TemporaryFolder();
        var map = await release.Objects.FindAsync(
            ObjectKinds.ConfigMaps, new ResourceName(release.Namespace, "clean-defaults"), default);
        foreach (var (file, text) in map!["data"]!.AsObject()) File.WriteAllText(folder[file], (string)text!);

        var defaults = DefaultObjects.Read(folder.Path, settings);
        Assert.Equal(1 + Directory.GetFiles(Path.Combine(Repository.Root, "rules"), "*.yaml").Length, defaults.Count);
        foreach (var one in defaults)
        {
            var body = one.Body.DeepClone().AsObject();
            body["metadata"]!["finalizers"] = new JsonArray(Finalizers.Cleanup);
            await Eventually.Is(true, () => IsServed(release, one.Kind));
            await release.Objects.ApplyAsync(one.Kind, one.Name, body, DefaultsReconciler.Manager, "", default);
        }

        await MakeAsync(release, settings);
        List<string> left = [];
        var cleaning = new ClusterCleaning(settings, release.Objects, TimeProvider.System, (line, isLeft) =>
        {
            if (isLeft) left.Add(line);
        });
        Assert.True(await cleaning.RunAsync(withNodes: false, s_timeMax, default), string.Join('\n', left));

        Assert.Equal(0, await ReplicasAsync(release));
        Assert.Empty(await ManagedAsync(release, settings));
        Assert.Empty(await release.Objects.ListAsync(OwnKinds.CaptureProfiles, release.Namespace, "", default));
        Assert.Empty(await release.Objects.ListAsync(OwnKinds.DetectionRules, release.Namespace, "", default));
        // What somebody made stays, and can be deleted when nobody is there to agree.
        var users = Assert.Single(await release.Objects.ListAsync(OwnKinds.CaptureProfiles, "default", "", default));
        Assert.Null(users["metadata"]!["finalizers"]);
        // Helm's own things are Helm's.
        Assert.NotNull(await release.Objects.FindAsync(
            ObjectKinds.ConfigMaps, new ResourceName(release.Namespace, "clean-operator"), default));

        await release.Objects.DeleteAsync(OwnKinds.CaptureProfiles, new("default", "users"), "", default);
        release.Helm("uninstall", release.Name, "--no-hooks");
        foreach (var plural in CustomResources)
        {
            await release.Objects.DeleteAsync(s_definitions, new ResourceName("", $"{plural}.netsniff.io"), "", default);
        }
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

    /// <summary>What an operator and somebody with a namespace of their own would have made.</summary>
    private static async Task MakeAsync(Installation release, OperatorSettings settings)
    {
        var names = new ObjectNames(settings);
        (ResourceKind Kind, string Version, string Named, ResourceName Name)[] made =
        [
            (ObjectKinds.Secrets, "v1", "Secret", names.InSystem("clean-ca")),
            (ObjectKinds.ConfigMaps, "v1", "ConfigMap", names.InSystem("clean-worker")),
            (ObjectKinds.Secrets, "v1", "Secret", names.AmongSensors("clean-sensor-tls")),
            (ObjectKinds.ConfigMaps, "v1", "ConfigMap", names.AmongSensors("clean-sensor-all")),
            (ObjectKinds.Leases, "coordination.k8s.io/v1", "Lease", names.Lease),
        ];
        foreach (var (kind, version, named, name) in made)
        {
            var body = names.Head(version, named, name, "worker");
            await release.Objects.ApplyAsync(kind, name, body, ObjectNames.Manager, "", default);
        }

        var profile = new JsonObject
        {
            ["apiVersion"] = "netsniff.io/v1alpha1",
            ["kind"] = "CaptureProfile",
            ["metadata"] = new JsonObject
            {
                ["name"] = "users", ["namespace"] = "default", ["finalizers"] = new JsonArray(Finalizers.Cleanup),
            },
            ["spec"] = new JsonObject(),
        };
        await release.Objects.CreateAsync(OwnKinds.CaptureProfiles, "default", profile, default);
    }

    private static async Task<IReadOnlyList<string>> ManagedAsync(Installation release, OperatorSettings settings)
    {
        List<string> found = [];
        foreach (var kind in (ResourceKind[])[ObjectKinds.Secrets, ObjectKinds.ConfigMaps, ObjectKinds.Leases])
        {
            var all = await release.Objects.ListAsync(kind, null, new ObjectNames(settings).Selection, default);
            found.AddRange(all.Select(one => $"{kind.Plural} {one["metadata"]!["name"]}"));
        }

        return found;
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

    private static bool IsServed(Installation release, ResourceKind kind) =>
        Discovery.ServesAsync(release.Client, kind, s_timeMax, default).GetAwaiter().GetResult().IsServed;

    private static Task<JsonObject?> DefinitionAsync(Installation release, string plural) =>
        release.Objects.FindAsync(s_definitions, new ResourceName("", $"{plural}.netsniff.io"), default);
}
