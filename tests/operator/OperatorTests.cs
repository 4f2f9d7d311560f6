using System.Text;
using NetSniff.Config;
using NetSniff.Kube;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Operator;

/// <summary>From profiles to objects, on a real API server.</summary>
[Collection(nameof(ControlPlane))]
public class OperatorTests(ControlPlane plane)
{
    private static readonly string[] s_all =
    [
        "configmaps/ns-ca-bundle", "configmaps/ns-sensor-all", "configmaps/ns-worker", "daemonsets/ns-sensor-all",
        "networkpolicies/ns-sensor", "networkpolicies/ns-worker", "poddisruptionbudgets/ns-worker", "secrets/ns-ca",
        "secrets/ns-operator-tls", "secrets/ns-sensor-tls", "secrets/ns-worker-tls", "services/ns-worker",
        "statefulsets/ns-worker",
    ];

    [Fact]
    public async Task A_profile_becomes_sensors_workers_and_certificates_and_tells_how_far_it_is()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        var host = scene.Start();
        await scene.PutProfileAsync("web", "{}");
        await Eventually.Is(string.Join('\n', s_all), () => Made(scene));
        await Eventually.Is("True/Valid", () => scene.Condition("web", "Accepted"));
        await Eventually.Is("False/RollingOut", () => scene.Condition("web", "Programmed"));
        await Eventually.Is(2, () => scene.Find(ObjectKinds.StatefulSets, scene.System, "ns-worker")!
            ["spec"]!["replicas"]!.GetValue<int>());
        Assert.Equal([Finalizers.Cleanup], scene.Profile("web")!["metadata"]!["finalizers"]!.AsArray()
            .Select(one => one!.GetValue<string>()));

        var map = scene.Find(ObjectKinds.ConfigMaps, scene.Sensors, "ns-sensor-all")!["data"]!;
        var config = ConfigReader.Read(
            Encoding.UTF8.GetBytes(map["sensor.json"]!.GetValue<string>()), out var problems);
        Assert.Empty(problems);
        Assert.Equal(TargetsMode.Listed, config!.Targets.Mode);
        Assert.Empty(config.Targets.Addresses);

        await scene.CountNodesAsync("all", 1);
        await Eventually.Is("0/1 sensors run", () => scene.Message("web", "Programmed").Split(" run")[0] + " run");
        scene.Members.Say(new MemberState
        {
            Kind = MemberKind.Sensor, Pod = "s1", Node = "node-1", Class = "all", IsReady = true,
            Revision = config.Revision, Sequence = config.Sequence,
        });
        await Eventually.Is("True/RevisionApplied", () => scene.Condition("web", "Programmed"));
        await Eventually.Is("True/BelowLimits", () => scene.Condition("web", "WithinBudget"));
        Assert.True(host.IsLeading);
        Assert.True(host.HasCertificates);
    }

    [Fact]
    public async Task What_somebody_deletes_comes_back_and_then_nothing_is_written()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        var host = scene.Start();
        await scene.PutProfileAsync("web", "{}");
        await Eventually.Is(string.Join('\n', s_all), () => Made(scene));
        await scene.DeleteChildrenAsync();
        await Eventually.Is(string.Join('\n', s_all), () => Made(scene));

        // Quiet for a while, and then for as long again nothing at all.
        await OperatorScene.QuietAsync(host);
        var before = host.Writes;
        await Task.Delay(TimeSpan.FromSeconds(5));
        Assert.Equal(before, host.Writes);
    }

    [Fact]
    public async Task What_turned_bad_is_told_and_the_last_good_one_runs_on_under_another_leader_too()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        var first = scene.Start("first");
        await scene.PutProfileAsync("web", """{"capture": {"bpfFilter": "tcp port 80"}}""");
        await Eventually.Is("True/Valid", () => scene.Condition("web", "Accepted"));
        await Eventually.Is(true, () => scene.Members.PlanOf(MemberKind.Sensor, "all") is not null);
        var good = scene.Members.PlanOf(MemberKind.Sensor, "all")!;
        await scene.PutProfileAsync("web", """{"capture": {"bpfFilter": "tcp port 81"}, "budget": {"cpu": "5n"}}""");
        await Eventually.Is("False/Invalid", () => scene.Condition("web", "Accepted"));
        Assert.Contains("spec.budget.cpu", scene.Message("web", "Accepted"));
        Assert.Equal("False/NotAccepted", scene.Condition("web", "Programmed"));
        await first.DisposeAsync();

        var members = new FakeMembers();
        scene.Start("second", members);
        await Eventually.Is(true, () => members.PlanOf(MemberKind.Sensor, "all") is not null);
        var kept = members.PlanOf(MemberKind.Sensor, "all")!;
        Assert.Equal((good.Sequence, good.Revision), (kept.Sequence, kept.Revision));
        Assert.Contains("tcp port 80", kept.Files["sensor.json"]);

        await scene.PutProfileAsync("web", """{"capture": {"bpfFilter": "tcp port 81"}}""");
        await Eventually.Is("True/Valid", () => scene.Condition("web", "Accepted"));
        await Eventually.Is(true, () => members.PlanOf(MemberKind.Sensor, "all")!.Sequence > kept.Sequence);
        Assert.Contains("tcp port 81", members.PlanOf(MemberKind.Sensor, "all")!.Files["sensor.json"]);
    }

    [Fact]
    public async Task A_profile_of_the_cluster_elsewhere_is_refused_and_nothing_is_made()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Start();
        await scene.PutProfileAsync("all", """{"scope": "Cluster"}""", scene.Sensors);
        await Eventually.Is("False/ScopeNotPermitted", () => scene.Condition("all", "Accepted", scene.Sensors));
        Assert.DoesNotContain("daemonsets/ns-sensor-all", scene.Children());
    }

    [Fact]
    public async Task The_last_profile_takes_sensors_with_it_and_is_let_go()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Start();
        await scene.PutProfileAsync("web", "{}");
        await Eventually.Is(true, () => scene.Children().Contains("daemonsets/ns-sensor-all"));
        await Eventually.Is("True/Valid", () => scene.Condition("web", "Accepted"));
        await scene.Objects.DeleteAsync(
            OwnKinds.CaptureProfiles, new ResourceName(scene.System, "web"), "", CancellationToken.None);
        await Eventually.Is(true, () => scene.Profile("web") is null);
        Assert.Equal(["all"], scene.Members.Purged);
        await Eventually.Is(false, () => scene.Children().Any(one => one.Contains("ns-sensor-all")));
        Assert.DoesNotContain(scene.Children(), IsProfile);
    }

    /// <summary>It is tried each second, for as long as that takes.</summary>
    [Fact]
    public async Task What_sensors_cannot_delete_is_said_once_and_counted()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Start();
        await scene.PutProfileAsync("web", "{}");
        await Eventually.Is(true, () => scene.Children().Contains("daemonsets/ns-sensor-all"));
        await Eventually.Is("True/Valid", () => scene.Condition("web", "Accepted"));
        scene.Members.Purging = Task.FromException(new IOException("the disk is full"));
        await scene.Objects.DeleteAsync(
            OwnKinds.CaptureProfiles, new ResourceName(scene.System, "web"), "", CancellationToken.None);
        await Eventually.Is(true, () => scene.Members.PurgedCount >= 3);
        Assert.Single(Said(), text => text.Contains("the disk is full", StringComparison.Ordinal));
        scene.Members.Purging = Task.CompletedTask;
        await Eventually.Is(true, () => Said().Any(
            text => text.Contains("deleted what they kept, after ", StringComparison.Ordinal)));

        List<string> Said()
        {
            lock (scene.Said) return [.. scene.Said];
        }
    }

    [Fact]
    public async Task A_filter_that_is_none_is_refused_with_its_field_and_the_one_before_runs_on()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Start(compile: static text => text.Contains("and") ? "syntax error near and" : null);
        await scene.PutProfileAsync("web", """{"capture": {"bpfFilter": "tcp port 80"}}""");
        await Eventually.Is(true, () => scene.Members.PlanOf(MemberKind.Sensor, "all") is not null);
        await scene.PutProfileAsync("web", """{"capture": {"bpfFilter": "tcp port 80 and"}}""");
        await Eventually.Is("False/InvalidFilter", () => scene.Condition("web", "Accepted"));
        Assert.Contains("spec.capture.bpfFilter: syntax error near and", scene.Message("web", "Accepted"));
        Assert.Contains("keeps running", scene.Message("web", "Accepted"));
        Assert.Contains("tcp port 80", scene.Members.PlanOf(MemberKind.Sensor, "all")!.Files["sensor.json"]);
    }

    /// <summary>Its sensors are being told to delete what they keep: those that did begin anew, the rest go on.
    /// </summary>
    [Fact]
    public async Task Sensors_that_are_wanted_again_while_they_go_stay()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        var host = scene.Start();
        await scene.PutProfileAsync("web", "{}");
        await Eventually.Is(true, () => scene.Children().Contains("daemonsets/ns-sensor-all"));
        await OperatorScene.QuietAsync(host);
        var before = Uid();
        var purging = new TaskCompletionSource();
        scene.Members.Purging = purging.Task;
        await scene.Objects.DeleteAsync(
            OwnKinds.CaptureProfiles, new ResourceName(scene.System, "web"), "", CancellationToken.None);
        await Eventually.Is("all", () => string.Join(' ', scene.Members.Purged));
        await scene.SensorPods.AddPodAsync("s1");
        scene.Members.Say(new MemberState
        {
            Kind = MemberKind.Sensor, Pod = "s1", Node = "node-1", Class = "all", IsPurged = true,
        });
        await scene.PutProfileAsync("again", "{}");
        await Eventually.Is("True/Valid", () => scene.Condition("again", "Accepted"));
        await Eventually.Is(true, () => scene.Find(ObjectKinds.Pods, scene.Sensors, "s1") is null);
        purging.SetResult();
        await Eventually.Is(true, () => scene.Profile("web") is null);
        await OperatorScene.QuietAsync(host);
        Assert.Equal(before, Uid());
        Assert.Equal(["all"], scene.Members.Purged);

        string? Uid() => scene.Find(
            ObjectKinds.DaemonSets, scene.Sensors, "ns-sensor-all")?["metadata"]?["uid"]?.GetValue<string>();
    }

    [Fact]
    public async Task A_profile_whose_namespace_is_looked_at_no_more_is_let_go()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        var first = scene.Start("first");
        await scene.PutProfileAsync("near", "{}");
        await scene.PutProfileAsync("far", "{}", scene.Sensors);
        await Eventually.Is(Finalizers.Cleanup, () => FinalizersOf(scene.Sensors, "far"));
        await Eventually.Is(Finalizers.Cleanup, () => FinalizersOf(scene.System, "near"));
        await first.DisposeAsync();
        scene.Settings.WatchNamespaces = [scene.System];
        scene.Start("second");
        await Eventually.Is("", () => FinalizersOf(scene.Sensors, "far"));
        Assert.Equal(Finalizers.Cleanup, FinalizersOf(scene.System, "near"));

        string FinalizersOf(string space, string name) => string.Join(
            ' ', scene.Find(OwnKinds.CaptureProfiles, space, name)?["metadata"]?["finalizers"]?.AsArray() ?? []);
    }

    [Fact]
    public async Task A_nodes_sensor_is_told_of_the_pods_there()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Start();
        await scene.PutProfileAsync("web", """{"targets": {"podSelector": {"matchLabels": {"app": "web"}}}}""");
        await Eventually.Is(true, () => scene.Members.PlanOf(MemberKind.Sensor, "all") is not null);
        var labels = new Dictionary<string, string> { ["app"] = "web" };
        await scene.Pods.AddPodAsync("web-1", pod => pod.Metadata.Labels = labels);
        await scene.Pods.AddPodAsync("db-1");
        await scene.Pods.SetStatusAsync("web-1", """{"phase": "Running", "podIP": "10.1.2.3"}""");
        await scene.Pods.SetStatusAsync("db-1", """{"phase": "Running", "podIP": "10.1.2.4"}""");
        await Eventually.Is("10.1.2.3", () => Addresses(scene, "node-1"));
        Assert.Equal("", Addresses(scene, "node-2"));
        Assert.Contains("node-1", scene.Members.Touched);
        await scene.Pods.DeletePodAsync("web-1");
        await Eventually.Is("", () => Addresses(scene, "node-1"));
    }

    private static string Addresses(OperatorScene scene, string node)
    {
        var plan = scene.Members.PlanOf(MemberKind.Sensor, "all", node)!;
        return string.Join(
            ' ', ConfigReader.Read(Encoding.UTF8.GetBytes(plan.Files["sensor.json"]), out _)!.Targets.Addresses);
    }

    private static string Made(OperatorScene scene) =>
        string.Join('\n', scene.Children().Where(one => !IsProfile(one)));

    private static bool IsProfile(string child) => child.StartsWith("configmaps/ns-profile-", StringComparison.Ordinal);
}
