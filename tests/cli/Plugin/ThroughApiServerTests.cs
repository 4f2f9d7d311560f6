using NetSniff.Cli.Commands;
using NetSniff.Cli.Plugin;
using NetSniff.Tests.Cli.Commands.Records;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Cli.Plugin;

/// <summary>`kubectl netsniff` on a real API server, down to a worker.</summary>
[Collection(nameof(ControlPlane))]
public sealed class ThroughApiServerTests(ControlPlane plane)
{
    [Fact]
    public async Task Records_come_from_a_worker_that_is_ready()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        await scene.AddWorkerAsync("netsniff-worker-0", isReady: false);
        var worker = await scene.AddWorkerAsync("netsniff-worker-1");
        worker.Add(0, 5);
        var end = TestCommand.RunPlugin(scene.Arguments("http", "-A", "--last", "2", "--fields", "http.status"));
        Assert.True(end.Code == ExitCode.Ok, end.Error);
        Assert.Equal(2, end.Lines.Length);
        Assert.Contains("\"flow.id\":4,", end.Lines[1], StringComparison.Ordinal);
        Assert.Equal([$"/portForward/{scene.Namespace}/netsniff-worker-1?port=9465"], scene.Kubelet.Asked);
    }

    [Fact]
    public async Task Much_comes_whole()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        var worker = await scene.AddWorkerAsync("netsniff-worker-0");
        for (var first = 0; first < 50_000; first += 1000) worker.Add(first, 1000);
        var end = TestCommand.RunPlugin(scene.Arguments("http", "-A", "--since", "2026-01-01"));
        Assert.True(end.Code == ExitCode.Ok, end.Error);
        Assert.Equal(50_000, end.Lines.Length);
    }

    [Fact]
    public async Task Who_follows_goes_on_at_another_worker_when_the_pod_goes()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        var worker = await scene.AddWorkerAsync("netsniff-worker-0");
        worker.Add(0, 5);
        var (command, ended) = TestCommand.Begin(
            ProgramName.Plugin, scene.Arguments("http", "-A", "-f", "--last", "2", "--count", "4"));
        await command.UntilAsync(command => command.Lines.Length == 2, "the past");
        var other = await scene.AddWorkerAsync("netsniff-worker-1");
        other.Add(0, 6);
        await scene.DeleteWorkerAsync("netsniff-worker-0");
        await command.UntilAsync(command => command.Lines.Length == 3, "what came in the meantime");
        other.Add(6, 1);
        await ended;
        Assert.Equal(ExitCode.Ok, command.Code);
        Assert.Contains("lost pod netsniff-worker-0: ", command.Error, StringComparison.Ordinal);
        Assert.Contains("back, at pod netsniff-worker-1; ", command.Error, StringComparison.Ordinal);
        Assert.Equal([3, 4, 5, 6], command.Lines.Select(FlowId));
    }

    [Fact]
    public async Task Without_a_worker_that_is_ready_it_says_how_they_are()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        var none = TestCommand.RunPlugin(scene.Arguments("flows", "-A"));
        Assert.Equal(ExitCode.NotFound, none.Code);
        Assert.Contains($"no workers in namespace {scene.Namespace}", none.Error, StringComparison.Ordinal);
        Assert.Contains("`kubectl netsniff doctor`", none.Error, StringComparison.Ordinal);
        await scene.AddWorkerAsync("netsniff-worker-0", isReady: false);
        var waiting = TestCommand.RunPlugin(scene.Arguments("flows", "-A"));
        Assert.Equal(ExitCode.Failed, waiting.Code);
        Assert.Contains(
            "netsniff-worker-0 crashes (CrashLoopBackOff), restarted 2 times", waiting.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_leads_nowhere_is_told_in_the_node_s_words()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        await scene.AddWorkerAsync("netsniff-worker-0");
        scene.Kubelet.Cut("netsniff-worker-0");
        var end = TestCommand.RunPlugin(scene.Arguments("flows", "-A"));
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Contains("error forwarding port 9465", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_forbidden_is_told_with_verb_and_resource()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        await scene.AddWorkerAsync("netsniff-worker-0");
        var nobody = TestCommand.RunPlugin(
            "flows", "-A", "--kubeconfig", plane.NobodysKubeConfig, "--netsniff-namespace", scene.Namespace);
        Assert.Equal(ExitCode.Forbidden, nobody.Code);
        Assert.Contains(
            $"forbidden: nobody may not list pods in namespace {scene.Namespace}", nobody.Error,
            StringComparison.Ordinal);

        await scene.DenyForwardingAsync();
        var end = TestCommand.RunPlugin(scene.Arguments("flows", "-A"));
        Assert.Equal(ExitCode.Forbidden, end.Code);
        Assert.Contains("pods/portforward", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_acts_as_somebody_else_has_their_rights()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        await scene.AddWorkerAsync("netsniff-worker-0");
        var end = TestCommand.RunPlugin(
            "flows", "-A", "--kubeconfig", plane.KubeConfig, "--netsniff-namespace", scene.Namespace, "--as", "ann",
            "--as-group", "shop");
        Assert.Equal(ExitCode.Forbidden, end.Code);
        Assert.Contains("forbidden: ann may not list pods", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_no_token_shows_one_of_the_viewers_for_workers_alone()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        var reading = new KubeReading(plane.Open(), TimeSpan.FromSeconds(30));
        using var client = reading.Client;
        var terminal = new NetSniff.Cli.Terminal { Output = Stream.Null, Error = TextWriter.Null };
        using var token = new WorkerToken(reading, new Installation(scene.Namespace, "netsniff"), new(), terminal);
        var shown = await token.GetAsync(TestContext.Current.CancellationToken);
        Assert.Equal(shown, await token.GetAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            ($"system:serviceaccount:{scene.Namespace}:netsniff-viewer", true),
            await scene.ReviewAsync(shown, "netsniff"));
        Assert.Equal(("", false), await scene.ReviewAsync(shown, null));
    }

    private static int FlowId(string line) => int.Parse(line.Split("\"flow.id\":")[1].Split(',')[0]);
}
