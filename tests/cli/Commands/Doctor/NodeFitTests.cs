using System.Text.Json;
using NetSniff.Cli.Commands.Doctor;

namespace NetSniff.Tests.Cli.Commands.Doctor;

public sealed class NodeFitTests
{
    [Theory]
    [InlineData("{}", "{}", "")]
    [InlineData(
        """{"metadata": {"labels": {"kubernetes.io/os": "windows"}}}""",
        """{"nodeSelector": {"kubernetes.io/os": "linux"}}""",
        "no label kubernetes.io/os=linux, which the selector asks for")]
    [InlineData(
        """{"spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}}""", "{}",
        "taint dedicated=gpu:NoSchedule is not tolerated")]
    [InlineData(
        """{"spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}}""",
        """{"tolerations": [{"operator": "Exists"}]}""", "")]
    [InlineData(
        """{"spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoExecute"}]}}""",
        """{"tolerations": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}""",
        "taint dedicated=gpu:NoExecute is not tolerated")]
    [InlineData(
        """{"spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}}""",
        """{"tolerations": [{"key": "dedicated", "value": "web"}]}""",
        "taint dedicated=gpu:NoSchedule is not tolerated")]
    [InlineData(
        """{"spec": {"taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
            {"key": "soft", "effect": "PreferNoSchedule"}]}}""", "{}", "")]
    [InlineData(
        """{"metadata": {"name": "n1", "labels": {"zone": "a"}}}""",
        """{"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]},
            {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}]}}}}""",
        "the affinity of sensors leaves it out")]
    [InlineData(
        """{"metadata": {"name": "n1", "labels": {"zone": "a"}}}""",
        """{"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]}}}}""", "")]
    public void Why_a_node_gets_no_sensor(string node, string pod, string expected)
    {
        using var left = JsonDocument.Parse(node);
        using var right = JsonDocument.Parse(pod);
        Assert.Equal(expected, NodeFit.WhyNot(left.RootElement, right.RootElement));
    }

    [Fact]
    public void Nodes_are_told_by_what_keeps_sensors_off_them()
    {
        var nodes = List("""
            [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, {"metadata": {"name": "c"}},
             {"metadata": {"name": "d"}, "spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]}},
             {"metadata": {"name": "e"}, "spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]}}]
            """);
        var sets = List("""[{"metadata": {"namespace": "sensors"}, "spec": {"template": {"spec": {}}}}]""");
        const string Ready = """{"conditions": [{"type": "Ready", "status": "True"}]}""";
        var ready = List($$"""[{"spec": {"nodeName": "a"}, "status": {{Ready}}}, {"spec": {"nodeName": "b"}, "status": {{Ready}}},
            {"spec": {"nodeName": "c"}, "status": {{Ready}}}]""");
        var note = SensorChecks.OfNodes(nodes, sets, ready);
        Assert.Equal(CheckState.Note, note.State);
        Assert.Equal("3 of 5 nodes have one that is ready; none on d, e: taint x:NoSchedule is not tolerated", note.What);

        var crashing = List("""
            [{"metadata": {"name": "s"}, "spec": {"nodeName": "a"}, "status": {"containerStatuses": [{"restartCount": 4,
              "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
              "lastState": {"terminated": {"exitCode": 2}}}]}}]
            """);
        var bad = SensorChecks.OfNodes(nodes[..2], sets, crashing);
        Assert.Equal(CheckState.Bad, bad.State);
        Assert.Contains(
            "not a: crashes (CrashLoopBackOff), restarted 4 times, the last time with code 2", bad.What,
            StringComparison.Ordinal);
    }

    private static List<JsonElement> List(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.Clone().EnumerateArray()];
    }
}
