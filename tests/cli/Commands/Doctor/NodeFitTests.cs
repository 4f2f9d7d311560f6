using System.Text.Json;
using NetSniff.Cli.Commands.Doctor;

namespace NetSniff.Tests.Cli.Commands.Doctor;

public sealed class NodeFitTests
{
    private const string Gpu =
        """{"spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}}""";

    private const string GpuExecute =
        """{"spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoExecute"}]}}""";

    private const string Cordoned =
        """
        {"spec": {"taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
          {"key": "soft", "effect": "PreferNoSchedule"}]}}
        """;

    private const string ZoneA = """{"metadata": {"name": "n1", "labels": {"zone": "a"}}}""";

    [Theory]
    [InlineData("{}", "{}", "")]
    [InlineData(
        """{"metadata": {"labels": {"kubernetes.io/os": "windows"}}}""",
        """{"nodeSelector": {"kubernetes.io/os": "linux"}}""",
        "no label kubernetes.io/os=linux, which the selector asks for")]
    [InlineData(Gpu, "{}", "taint dedicated=gpu:NoSchedule is not tolerated")]
    [InlineData(Gpu, """{"tolerations": [{"operator": "Exists"}]}""", "")]
    [InlineData(
        GpuExecute, """{"tolerations": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}""",
        "taint dedicated=gpu:NoExecute is not tolerated")]
    [InlineData(
        Gpu, """{"tolerations": [{"key": "dedicated", "value": "web"}]}""",
        "taint dedicated=gpu:NoSchedule is not tolerated")]
    [InlineData(Gpu, """{"tolerations": [{"key": "dedicated", "value": "gpu"}]}""", "")]
    [InlineData(Cordoned, "{}", "")]
    public void Why_a_node_gets_no_sensor(string node, string pod, string expected) =>
        Assert.Equal(expected, NodeFit.WhyNot(Json(node), Json(pod)));

    [Theory]
    [InlineData("NotIn", "a", false)]
    [InlineData("In", "a", true)]
    [InlineData("In", "b", false)]
    public void An_affinity_leaves_nodes_out(string how, string zone, bool isFit)
    {
        var pod = Json($$"""
            {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
              {"matchExpressions": [{"key": "zone", "operator": "{{how}}", "values": ["{{zone}}"]}]}
            ] } } } }
            """);
        Assert.Equal(isFit ? "" : "the affinity of sensors leaves it out", NodeFit.WhyNot(Json(ZoneA), pod));
    }

    [Fact]
    public void Nodes_are_told_by_what_keeps_sensors_off_them()
    {
        var nodes = List(
            """
            [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, {"metadata": {"name": "c"}},
             {"metadata": {"name": "d"}, "spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]}},
             {"metadata": {"name": "e"}, "spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]}}]
            """);
        var sets = List("""[{"metadata": {"namespace": "sensors"}, "spec": {"template": {"spec": {}}}}]""");
        string[] names = ["a", "b", "c"];
        List<JsonElement> ready = [.. names.Select(static name => Json($$"""
            {"spec": {"nodeName": "{{name}}"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]} }
            """))];
        var note = SensorChecks.OfNodes(nodes, sets, ready);
        Assert.Equal(CheckState.Note, note.State);
        Assert.Equal(
            "3 of 5 nodes have one that is ready; none on d, e: taint x:NoSchedule is not tolerated", note.What);

        var crashing = List(
            """
            [{"metadata": {"name": "s"}, "spec": {"nodeName": "a"}, "status": {"containerStatuses": [{"restartCount": 4,
              "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
              "lastState": {"terminated": {"exitCode": 2}}}]}}]
            """);
        var bad = SensorChecks.OfNodes([.. nodes.Take(2)], sets, crashing);
        Assert.Equal(CheckState.Bad, bad.State);
        Assert.Contains(
            "not a: crashes (CrashLoopBackOff), restarted 4 times, the last time with code 2", bad.What,
            StringComparison.Ordinal);
    }

    private static List<JsonElement> List(string json) => [.. Json(json).EnumerateArray()];

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
