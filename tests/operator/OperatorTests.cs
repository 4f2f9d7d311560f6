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

    private static string Made(OperatorScene scene) =>
        string.Join('\n', scene.Children().Where(one => !one.StartsWith("configmaps/ns-profile-", StringComparison.Ordinal)));
}
