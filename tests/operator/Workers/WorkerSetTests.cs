using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Workers;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Operator.Workers;

/// <summary>How many workers there are and who says so, on a real API server.</summary>
[Collection(nameof(ControlPlane))]
public class WorkerSetTests(ControlPlane plane)
{
    [Fact]
    public async Task The_clusters_autoscaler_or_the_operator_says_how_many_as_the_field_says()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Settings.Worker.Scaling = "HorizontalPodAutoscaler";
        var first = scene.Start("first");
        await PutAsync(scene, min: 2, max: 5);
        await Eventually.Is("StatefulSet/ns-worker 2-5 cpu 65", () => Autoscaler(scene));
        await Eventually.Is(2, () => Replicas(scene));
        await PutAsync(scene, min: 3, max: 7);
        await Eventually.Is("StatefulSet/ns-worker 3-7 cpu 65", () => Autoscaler(scene));
        await OperatorScene.QuietAsync(first);
        Assert.Equal(2, Replicas(scene)); // the autoscaler's to change, and here nobody runs one
        await first.DisposeAsync();

        scene.Settings.Worker.Scaling = "Operator";
        var second = scene.Start("second");
        await Eventually.Is("", () => Autoscaler(scene));
        await Eventually.Is(3, () => Replicas(scene));
        await second.DisposeAsync();

        scene.Settings.Worker.Scaling = "HorizontalPodAutoscaler";
        scene.Start("third");
        await Eventually.Is("StatefulSet/ns-worker 3-7 cpu 65", () => Autoscaler(scene));
    }

    [Fact]
    public async Task A_set_that_is_made_anew_begins_with_the_workers_that_are_there()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        var host = scene.Start();
        await PutAsync(scene, min: 2, max: 10);
        await Eventually.Is(2, () => Replicas(scene));
        for (var place = 0; place < 4; place++) await scene.Pods.AddPodAsync($"ns-worker-{place}");
        await OperatorScene.QuietAsync(host);
        await scene.Objects.DeleteAsync(
            ObjectKinds.StatefulSets, new ResourceName(scene.System, "ns-worker"), "Background", default);
        await Eventually.Is(4, () => Replicas(scene));
        await OperatorScene.QuietAsync(host);
        Assert.Equal(4, Replicas(scene));
        // The number is not what the operator holds: whoever scales has the say from then on.
        await scene.Objects.ScaleAsync(
            ObjectKinds.StatefulSets, new ResourceName(scene.System, "ns-worker"), 6, default);
        await OperatorScene.QuietAsync(host);
        Assert.Equal(6, Replicas(scene));
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("w-0", 2)]
    [InlineData("w-0 w-4 w-x other-7 w-9x", 5)]
    [InlineData("w-8 w-99", 9)]
    [InlineData("w-5000000000", 2)]
    public void Places_of_pods_say_how_many_there_were(string pods, int replicas) =>
        Assert.Equal(replicas, WorkerObjects.ReplicasOf("w", pods.Split(' '), 2, 10));

    private static Task<JsonObject> PutAsync(OperatorScene scene, int min, int max) => scene.PutProfileAsync(
        "web", $$$"""{"scope": "Cluster", "workers": {"minReplicas": {{{min}}}, "maxReplicas": {{{max}}}}}""");

    private static int Replicas(OperatorScene scene) =>
        scene.Find(ObjectKinds.StatefulSets, scene.System, "ns-worker")?["spec"]?["replicas"]?.GetValue<int>() ?? 0;

    private static string Autoscaler(OperatorScene scene)
    {
        var spec = ObjectKinds.Autoscalers.Select(kind => scene.Find(kind, scene.System, "ns-worker"))
            .FirstOrDefault(one => one is not null)?["spec"];
        if (spec is null) return "";

        var (target, metric) = (spec["scaleTargetRef"]!, spec["metrics"]![0]!["resource"]!);
        return $"{target["kind"]}/{target["name"]} {spec["minReplicas"]}-{spec["maxReplicas"]} {metric["name"]} "
            + $"{metric["target"]!["averageUtilization"]}";
    }
}
