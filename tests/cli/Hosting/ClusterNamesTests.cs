using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Hosting;
using NetSniff.Tests.Cli.Commands;
using NetSniff.Tests.Kube;
using NetSniff.Wire.Health;

namespace NetSniff.Tests.Cli.Hosting;

[Collection(nameof(ControlPlane))]
public class ClusterNamesTests(ControlPlane plane)
{
    [Fact]
    public async Task A_worker_without_its_cluster_goes_on_with_the_names_it_has_and_says_so()
    {
        plane.Require();
        using var talk = new StringWriter();
        var terminal = new Terminal { Output = Stream.Null, Error = TextWriter.Synchronized(talk) };
        var board = new HealthBoard("worker", "1");
        var settings = new ClusterSettings(plane.KubeConfig, null);
        await using var names = new ClusterNames(terminal, board, settings.Open());
        var condition = Assert.Single(board.Conditions);
        await Eventually.Is((true, "Synced"), () => (condition.State.Holds, condition.State.Reason));
        await plane.KillServerAsync();
        await Eventually.Is((true, "ServerAway"), () => (condition.State.Holds, condition.State.Reason));
        Assert.StartsWith("names are of 20", condition.State.Text, StringComparison.Ordinal);
        await plane.StartServerAsync();
        await Eventually.Is((true, "Synced"), () => (condition.State.Holds, condition.State.Reason));
        Assert.Contains("; names stay as they were", talk.ToString(), StringComparison.Ordinal);
        var sink = board.Scrape();
        var lists = sink.Families.Single(family => family.Family == Metrics.WatchLists).Series;
        Assert.Equal(6, lists.Count);
        Assert.All(lists, series => Assert.True(series.Value >= 1, series.Labels[0]));
        Assert.Contains(sink.Families, family => family.Family == Metrics.WatchFailures);
    }

    [Fact]
    public async Task One_that_may_not_look_is_not_ready_and_says_why()
    {
        plane.Require();
        using var talk = new StringWriter();
        var terminal = new Terminal { Output = Stream.Null, Error = TextWriter.Synchronized(talk) };
        var board = new HealthBoard("worker", "1");
        var settings = new ClusterSettings(plane.NobodysKubeConfig, null);
        await using var names = new ClusterNames(terminal, board, settings.Open());
        var condition = Assert.Single(board.Conditions);
        await Eventually.Is(true, () => condition.State.Text.Contains("pods: 403 Forbidden", StringComparison.Ordinal));
        Assert.Equal((false, "Pending"), (condition.State.Holds, condition.State.Reason));
    }

    [Theory]
    [InlineData("--kubernetes --names x.yaml", "give one of them")]
    [InlineData("--kubeconfig x", "add --kubernetes, --authorize or --workers-service")]
    [InlineData("--kubernetes --kubeconfig /nowhere/config", "kubeconfig: ")]
    [InlineData("--workers-service workers", "NAMESPACE/NAME")]
    public void Options_that_go_together_badly_are_refused_in_words(string options, string words)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, NetsniffProcess.Run("certificates", folder["tls"], "w").Code);
        var end = NetsniffProcess.Run(
            ["worker", "--name", "w", "--data", folder["data"], "--tls", folder["tls", "w"], "--health", "off",
                "--listen", "127.0.0.1:0", "--query", "127.0.0.1:0", .. options.Split(' ')]);
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains(words, end.Error, StringComparison.Ordinal);
    }
}
