using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Capture;
using NetSniff.Cli.Plugin;
using NetSniff.Kube.Resources;
using NetSniff.Tests.Cli.Commands.Records;
using NetSniff.Tests.Cli.Plugin;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Cli.Commands.Capture;

/// <summary>Sessions on a real API server, where the test is the operator.</summary>
[Collection(nameof(ControlPlane))]
public sealed class CaptureCommandTests(ControlPlane plane)
{
    [Fact]
    public async Task A_session_is_made_of_what_was_asked_and_its_end_is_told()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        await OwnDefinitions.EnsureAsync(scene.Client);
        var (command, ended) = TestCommand.Begin(
            ProgramName.Plugin, "capture", "pod/cart-0", "-n", scene.Namespace, "--before", "5m", "--after", "10s",
            "--where", "http.status >= 500", "--bytes", "1Mi", "--kubeconfig", plane.KubeConfig, "--netsniff-namespace",
            scene.Namespace);
        await command.UntilAsync(static command => IsAsked(command), "a session");
        var session = Assert.Single(await SessionsAsync(scene));
        var name = KubeObject.Name(session);
        Assert.StartsWith("cart-0-", name, StringComparison.Ordinal);
        var spec = JsonNode.Parse(session.GetProperty("spec").GetRawText())!;
        Assert.Equal("""["cart-0"]""", spec["target"]!["podNames"]!.ToJsonString());
        Assert.Equal(("5m", "10s"), ((string?)spec["window"]!["before"], (string?)spec["window"]!["after"]));
        Assert.Equal("http.status >= 500", (string?)spec["filter"]);
        Assert.Equal(1048576, (long)spec["limits"]!["maxBytes"]!);

        await SetStatusAsync(scene, name, "False", "NoPackets", "no node keeps packets");
        await ended;
        Assert.Equal(ExitCode.Failed, command.Code);
        Assert.Contains($"session {name}: NoPackets: no node keeps packets", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_took_nothing_and_one_that_does_not_end_are_told_apart()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        await OwnDefinitions.EnsureAsync(scene.Client);
        string[] arguments =
        [
            "capture", "-l", "app=web", "-n", scene.Namespace, "--kubeconfig", plane.KubeConfig, "--netsniff-namespace",
            scene.Namespace,
        ];
        var (command, ended) = TestCommand.Begin(ProgramName.Plugin, arguments);
        await command.UntilAsync(static command => IsAsked(command), "a session");
        var session = Assert.Single(await SessionsAsync(scene));
        Assert.Contains("\"matchExpressions\":[{\"key\":\"app\"", session.GetRawText(), StringComparison.Ordinal);
        await SetStatusAsync(scene, KubeObject.Name(session), "True", "Completed", "0 packets, 0 bytes");
        await ended;
        Assert.Equal(ExitCode.Ok, command.Code);
        Assert.Contains("nothing was captured", command.Error, StringComparison.Ordinal);

        var late = TestCommand.RunPlugin([.. arguments, "--timeout", "1ms"]);
        Assert.Equal(ExitCode.TimedOut, late.Code);
        Assert.Contains("has not ended", late.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("capture", "whose packets?")]
    [InlineData("capture pod/a -l b=c", "whose packets?")]
    [InlineData("capture crd/a", "no session is about a 'crd'")]
    [InlineData("capture pod/a -A", "one namespace: -n NAME")]
    [InlineData("capture pod/a --where http.statu==1", "did you mean http.status")]
    public async Task What_cannot_be_is_refused(string line, string said)
    {
        _ = global::NetSniff.Protocols.Protocols.Records;
        await using var scene = await PluginScene.MakeAsync(plane);
        var end = TestCommand.RunPlugin(scene.Arguments(line.Split(' ')));
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains(said, end.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(90, "1m30s")]
    [InlineData(7200.25, "2h250ms")]
    [InlineData(0.0001, "1ms")]
    [InlineData(360_000, "100h")]
    public void Lengths_are_written_as_the_server_takes_them(double seconds, string expected)
    {
        var text = CaptureCommand.Text(TimeSpan.FromSeconds(seconds));
        Assert.Equal(expected, text);
        Assert.Matches(Duration.Pattern, text);
    }

    private static bool IsAsked(TestCommand command) =>
        command.Error.Contains("is asked for", StringComparison.Ordinal);

    private static Task<List<JsonElement>> SessionsAsync(PluginScene scene) =>
        new KubeReading(scene.Client, TimeSpan.FromSeconds(30)).ListAsync(
            KubeKinds.Sessions, scene.Namespace, TestContext.Current.CancellationToken);

    private static async Task SetStatusAsync(
        PluginScene scene, string name, string status, string reason, string message) =>
        await scene.Client.Api.CustomObjects.PatchNamespacedCustomObjectStatusAsync(
            new V1Patch(
                $$$"""
                {"status": {"conditions": [{"type": "Succeeded", "status": "{{{status}}}", "reason": "{{{reason}}}",
                  "message": "{{{message}}}", "lastTransitionTime": "2026-01-31T09:00:00Z"}]}}
                """,
                V1Patch.PatchType.MergePatch),
            KubeKinds.Sessions.Group, KubeKinds.Sessions.Version, scene.Namespace, KubeKinds.Sessions.Plural, name);
}
