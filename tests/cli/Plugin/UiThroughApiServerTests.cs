using System.Net;
using NetSniff.Cli;
using NetSniff.Cli.Commands.Ui;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Cli.Plugin;

/// <summary>`kubectl netsniff ui` through a real API server.</summary>
[Collection(nameof(ControlPlane))]
public sealed class UiThroughApiServerTests(ControlPlane plane)
{
    [Fact]
    public async Task A_page_outlives_the_pod_that_answered_it()
    {
        await using var scene = await PluginScene.MakeAsync(plane);
        var first = await scene.AddWorkerAsync("netsniff-worker-0");
        first.Add(0, 5);
        var choice = new ClusterChoice { File = scene.KubeConfig };
        var terminal = new Terminal { Output = Stream.Null, Error = TextWriter.Null };
        using var way = new ClusterWay(
            ClusterClient.Open(choice), choice, TimeSpan.FromSeconds(30), scene.Namespace, terminal);
        var endpoint = await way.WorkerAsync([], TestContext.Current.CancellationToken);
        await using var server = await UiServer.StartAsync(
            endpoint, new UiScope(true, [], "", "kubectl netsniff", endpoint.Address), 0);
        using var browser = new HttpClient { BaseAddress = new Uri(new Uri(server.Link), "/") };
        var opened = await browser.GetStringAsync(new Uri(server.Link));
        browser.DefaultRequestHeaders.Add(UiDoor.KeyHeader, opened.Split("#key=")[1].Split('"')[0]);

        using (var answer = await AskAsync(browser))
        {
            Assert.Equal("pod netsniff-worker-0", answer.Headers.GetValues(WorkerRelay.WorkerHeader).Single());
            var all = Commands.Ui.UiScene.AllOf(answer.Headers) + await answer.Content.ReadAsStringAsync();
            Assert.Contains("\"flow.id\":4,", all, StringComparison.Ordinal);
            Assert.DoesNotContain(scene.Token, all, StringComparison.Ordinal);
        }

        await scene.DeleteWorkerAsync("netsniff-worker-0");
        using (var nobody = await AskAsync(browser))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, nobody.StatusCode);
            Assert.Contains("there are no workers", await nobody.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var other = await scene.AddWorkerAsync("netsniff-worker-1");
        other.Add(0, 7);
        using var back = await AskAsync(browser);
        Assert.Equal("pod netsniff-worker-1", back.Headers.GetValues(WorkerRelay.WorkerHeader).Single());
        Assert.Contains("\"flow.id\":6,", await back.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> AskAsync(HttpClient browser) =>
        browser.GetAsync(new Uri("/api/v1/records?kind=http&last=2", UriKind.Relative));
}
