using System.Text.Json;
using k8s;
using k8s.Models;
using NetSniff.Cli.Commands;
using NetSniff.Json;
using NetSniff.Tests.Cli.Commands.Records;
using NetSniff.Tests.Kube;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Cli.Plugin;

/// <summary>The doctor before a real API server. Others' objects lie there, too: only what is ours is asked about.
/// </summary>
[Collection(nameof(ControlPlane))]
public sealed class DoctorTests(ControlPlane plane)
{
    [Fact]
    public async Task What_is_well_and_what_is_not_is_told()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        var worker = await scene.AddWorkerAsync("netsniff-worker-0");
        worker.Add(0, 5);
        worker.SensorStates.Add(new SensorState
        {
            Node = "n1", IsConnected = true, Worker = "netsniff-worker", Status = new SensorStatus
            {
                TimeNanos = Timestamps.Nanos(TimeProvider.System.GetUtcNow()), Rung = "headers",
                Ledger =
                {
                    new LedgerEntry { Stage = "capture", What = "received", Count = 1000 },
                    new LedgerEntry { Stage = "kernel", What = "ring-full", Count = 200, IsLoss = true },
                },
            },
        });
        await MakeOperatorAsync(scene, readyReplicas: 1);
        var end = TestCommand.RunPlugin(scene.Arguments("doctor", "-o", "jsonl", "--exit-code"));
        var checks = Read(end.Lines);
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Equal(("ok", "ok"), (checks["API server"].State, checks["Workers"].State));
        // The tests' own certificates are good for a day.
        Assert.Equal(("note", "ok"), (checks["Certificates"].State, checks["Query"].State));
        Assert.Contains("1 of 2 ready", checks["Operator"].What, StringComparison.Ordinal);
        Assert.Contains("netsniff-operator-x, heard", checks["Leader"].What, StringComparison.Ordinal);
        Assert.Equal("bad", checks["Capture"].State);
        Assert.Contains("n1 200 (16.7%)", checks["Capture"].What, StringComparison.Ordinal);
        Assert.Equal("note", checks["Governor"].State);
        Assert.Contains("n1 headers", checks["Governor"].What, StringComparison.Ordinal);
        Assert.Equal(checks.Count, end.Lines.Length);
        Assert.Contains($"{checks.Count} checks: ", end.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "bad", "not one of the last hour's 8 has the name of a pod")]
    [InlineData(6, "ok", "75.0% of the last hour's with the name of a pod")]
    public async Task Flows_are_to_have_the_names_of_pods(int named, string state, string said)
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        var worker = await scene.AddWorkerAsync("netsniff-worker-0");
        worker.Add(0, 5);
        worker.Store.Kind = "flow";
        worker.Store.Aggregates = query =>
        {
            var isOfNames = query.Where?.Contains("src.pod", StringComparison.Ordinal) is true;
            return [new global::NetSniff.Worker.Store.AggregateRow([], 0, 0, [isOfNames ? named : 8])];
        };
        var end = TestCommand.RunPlugin(scene.Arguments("doctor", "-o", "jsonl"));
        var flows = Read(end.Lines)["Flows"];
        Assert.Equal(state, flows.State);
        Assert.Contains(said, flows.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_see_little_is_told_what_was_passed_over()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        var end = TestCommand.RunPlugin(
            "doctor", "-o", "jsonl", "--kubeconfig", plane.NobodysKubeConfig, "--netsniff-namespace", scene.Namespace);
        var checks = Read(end.Lines);
        Assert.Equal(ExitCode.Ok, end.Code);
        Assert.Equal("bad", checks["Rights"].State);
        Assert.Contains("list pods (finding the workers)", checks["Rights"].What, StringComparison.Ordinal);
        Assert.Equal("skipped", checks["Workers"].State);
        Assert.Contains("nobody may not list pods", checks["Workers"].What, StringComparison.Ordinal);
    }

    [Fact]
    public void An_API_server_that_is_away_is_all_there_is_to_say()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config"], """
            apiVersion: v1
            kind: Config
            current-context: a
            clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]
            users: [{name: a, user: {token: x}}]
            contexts: [{name: a, context: {cluster: a, user: a}}]
            """);
        var end = TestCommand.Run("doctor", "-o", "jsonl", "--exit-code", "--kubeconfig", folder["config"]);
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Contains("nothing listens there", Assert.Single(end.Lines), StringComparison.Ordinal);
    }

    private static Dictionary<string, (string State, string What)> Read(string[] lines) => lines.Select(static line =>
    {
        using var one = JsonDocument.Parse(line);
        string Text(string name) => one.RootElement.GetProperty(name).GetString()!;
        return (Check: Text("check"), State: Text("state"), What: Text("what"));
    }).ToDictionary(static one => one.Check, static one => (one.State, one.What), StringComparer.Ordinal);

    private static async Task MakeOperatorAsync(PluginScene scene, int readyReplicas)
    {
        var api = scene.Client.Api;
        await scene.AllowAsync(
            new V1PolicyRule { ApiGroups = ["apps"], Resources = ["deployments"], Verbs = ["get"] },
            new V1PolicyRule { ApiGroups = ["coordination.k8s.io"], Resources = ["leases"], Verbs = ["get"] });
        var labels = new Dictionary<string, string> { ["app"] = "operator" };
        await api.AppsV1.CreateNamespacedDeploymentAsync(
            new V1Deployment
            {
                Metadata = new V1ObjectMeta { Name = "netsniff-operator" },
                Spec = new V1DeploymentSpec
                {
                    Replicas = 2, Selector = new V1LabelSelector { MatchLabels = labels },
                    Template = new V1PodTemplateSpec
                    {
                        Metadata = new V1ObjectMeta { Labels = labels },
                        Spec = new V1PodSpec { Containers = [new V1Container { Name = "one", Image = "none" }] },
                    },
                },
            },
            scene.Namespace);
        await api.AppsV1.PatchNamespacedDeploymentStatusAsync(
            new V1Patch(
                $$$"""{"status": {"replicas": 2, "readyReplicas": {{{readyReplicas}}} } }""",
                V1Patch.PatchType.MergePatch),
            "netsniff-operator", scene.Namespace);
        await api.CoordinationV1.CreateNamespacedLeaseAsync(
            new V1Lease
            {
                Metadata = new V1ObjectMeta { Name = "netsniff-operator" },
                Spec = new V1LeaseSpec { HolderIdentity = "netsniff-operator-x_1", RenewTime = DateTime.UtcNow },
            },
            scene.Namespace);
    }
}
