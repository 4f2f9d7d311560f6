using System.Diagnostics;
using System.Net;
using System.Text.Json;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Ui;
using NetSniff.Tests.Cli.Commands.Records;
using NetSniff.Tests.Worker.Serve;
using NetSniff.Wire.Querying;

namespace NetSniff.Tests.Cli.Commands.Ui;

/// <summary>The way from a browser to a worker, asked as friends and strangers ask. A worker that goes and comes back
/// needs its port again, which nobody else may have taken meanwhile.</summary>
[Collection(nameof(Alone))]
public sealed class UiServerTests
{
    private const string Question = "/api/v1/records?kind=http&last=2";

    [Fact]
    public async Task The_link_lets_in_once()
    {
        await using var scene = await UiScene.StartAsync(static worker => worker.Add(0, 5));
        using (var closed = await scene.AskAsync("/")) Assert.Equal(HttpStatusCode.Forbidden, closed.StatusCode);
        using (var guessed = await scene.AskAsync("/open?secret=" + new string('0', 64)))
        {
            Assert.Equal(HttpStatusCode.Forbidden, guessed.StatusCode);
            Assert.False(guessed.Headers.Contains("set-cookie"));
        }

        // Who only looks whether it is there does not use it up.
        using (var seen = await scene.AskAsync(scene.Link.PathAndQuery, static ask => ask.Method = HttpMethod.Head))
        {
            Assert.False(seen.Headers.Contains("set-cookie"));
        }

        using var opened = await scene.OpenAsync();
        var cookie = opened.Headers.GetValues("set-cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("text/html", (await scene.AskAsync("/")).Content.Headers.ContentType!.ToString());
        Assert.Contains("\"flow.id\":4,", await scene.TextAsync(Question), StringComparison.Ordinal);

        using var again = await scene.AskAsync(scene.Link.PathAndQuery, static ask => ask.Headers.Remove("Cookie"));
        Assert.Equal(HttpStatusCode.Forbidden, again.StatusCode);
        Assert.Contains("used already", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // The browser that has been let in may open it again.
        using var same = await scene.AskAsync(scene.Link.PathAndQuery);
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        // Another server of this machine may have seen the cookie: that does not buy it the key.
        using var thief = await scene.AskAsync(UiDoor.OpenPath);
        Assert.Equal(HttpStatusCode.Forbidden, thief.StatusCode);
        Assert.DoesNotContain("key=", await thief.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string, HttpStatusCode> Strangers => new()
    {
        { "host", "evil.example", HttpStatusCode.MisdirectedRequest },
        { "host", "127.0.0.1:1", HttpStatusCode.MisdirectedRequest },
        { "sec-fetch-site", "cross-site", HttpStatusCode.Forbidden },
        { "sec-fetch-site", "same-site", HttpStatusCode.Forbidden },
        { "cookie", "", HttpStatusCode.Forbidden },
        { "cookie", "netsniff-ui=x", HttpStatusCode.Forbidden },
        { UiDoor.KeyHeader, "", HttpStatusCode.Forbidden },
        { UiDoor.KeyHeader, "0123", HttpStatusCode.Forbidden },
        { "method", "POST", HttpStatusCode.MethodNotAllowed },
        { "method", "OPTIONS", HttpStatusCode.MethodNotAllowed },
        { "method", "DELETE", HttpStatusCode.MethodNotAllowed },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task Strangers_get_nothing(string what, string value, HttpStatusCode status)
    {
        await using var scene = await UiScene.StartAsync(static worker => worker.Add(0, 5));
        using var opened = await scene.OpenAsync();
        using var answer = await scene.AskAsync(Question, ask =>
        {
            if (what == "method") ask.Method = new HttpMethod(value);
            else if (what == "host") ask.Headers.Host = value;
            else
            {
                ask.Headers.Remove(what);
                if (value.Length > 0) ask.Headers.Add(what, value);
            }
        });
        Assert.Equal(status, answer.StatusCode);
        Assert.DoesNotContain("flow.id", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(answer.Headers, static header =>
            header.Key.StartsWith("access-control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Only_questions_of_the_page_are_passed_on()
    {
        await using var scene = await UiScene.StartAsync();
        scene.Worker.Store.Queries = static _ => throw new InvalidOperationException("nobody asked for SQL");
        using var opened = await scene.OpenAsync();
        string[] others =
            ["/api/v1/sql?q=DROP", "/api/v1/captures/00", "/api/v1/", "/netsniff.v1.Query/Observe", "/../Program"];
        foreach (var path in others)
        {
            using var answer = await scene.AskAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task What_lets_in_to_the_worker_stays_here()
    {
        await using var scene = await UiScene.StartAsync(static worker => worker.Add(0, 5));
        using var opened = await scene.OpenAsync();
        string[] paths = [Question, "/api/v1/status", "/api/v1/records?where=nonsense", "/api/scope", "/open",
            .. UiPage.Paths];
        foreach (var path in paths)
        {
            using var answer = await scene.AskAsync(path);
            var all = UiScene.AllOf(answer.Headers) + UiScene.AllOf(answer.Content.Headers)
                + await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain(TestWorker.Secret, all, StringComparison.Ordinal);
            Assert.Contains("default-src 'none'", all, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe-", all, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_the_browser_sends_of_its_own_does_not_reach_the_worker()
    {
        await using var scene = await UiScene.StartAsync(
            static worker =>
            {
                worker.AddBetween(1, "shop", "shop");
                worker.AddBetween(2, "bank", "bank");
            },
            ["shop"]);
        using var opened = await scene.OpenAsync();
        using var answer = await scene.AskAsync("/api/v1/records?kind=http", static ask =>
        {
            ask.Headers.Add("x-netsniff-namespace", "bank");
            ask.Headers.Add("authorization", "Bearer nonsense");
        });
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("\"flow.id\":1,", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"flow.id\":2,", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_s_refusal_comes_in_its_own_words()
    {
        await using var scene = await UiScene.StartAsync();
        using var opened = await scene.OpenAsync();
        using var answer = await scene.AskAsync("/api/v1/records?where=http.statuss%20==%201");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Contains("http.status?", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_worker_that_goes_and_comes_back_is_asked_again()
    {
        await using var scene = await UiScene.StartAsync(static worker => worker.Add(0, 5));
        using var opened = await scene.OpenAsync();
        Assert.Contains("flow.id", await scene.TextAsync(Question), StringComparison.Ordinal);
        // A connection that ended while nobody asked is made anew, without a word.
        var port = scene.Worker.Server.Address.Port;
        await scene.Worker.RestartAsync(port, static () => { });
        Assert.Contains("flow.id", await scene.TextAsync(Question), StringComparison.Ordinal);
        var meanwhile = Task.FromResult<HttpResponseMessage>(null!);
        await scene.Worker.RestartAsync(port, () =>
        {
            meanwhile = scene.AskAsync(Question);
            meanwhile.Wait();
        });
        using var away = await meanwhile;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.Equal("application/problem+json", away.Content.Headers.ContentType!.MediaType);
        Assert.Contains("nothing listens there", await away.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("flow.id", await scene.TextAsync(Question), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_somebody_has_is_told()
    {
        await using var scene = await UiScene.StartAsync();
        var problem = await Assert.ThrowsAsync<UsageException>(() => UiServer.StartAsync(
            new QueryEndpoint { Address = "127.0.0.1:1" }, new UiScope(false, [], "", "netsniff", ""),
            scene.Link.Port));
        Assert.Contains($"--port {scene.Link.Port} cannot be had", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_prints_its_link_and_ends_when_it_is_told_to()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 5);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["ca"], worker.Authority.RootPem);
        await File.WriteAllTextAsync(folder["token"], TestWorker.Secret);
        string[] words = ["ui", "--no-browser", "--server", worker.Endpoint, "--ca", folder["ca"], "--token-file",
            folder["token"]];
        using var process = Process.Start(new ProcessStartInfo(NetsniffProcess.Path, words)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var link = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        using var browser = new HttpClient();
        Assert.Contains("#key=", await browser.GetStringAsync(new Uri(link!)), StringComparison.Ordinal);
        // As Ctrl-C does, which a test that runs in the background would not hear.
        Assert.Equal(0, NetsniffProcess.Shell($"kill -TERM {process.Id}").Code);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, process.ExitCode);
    }

    [Fact]
    public async Task Who_is_not_let_in_by_the_worker_gets_no_page()
    {
        await using var worker = await TestWorker.StartAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["ca"], worker.Authority.RootPem);
        await File.WriteAllTextAsync(folder["token"], "another secret altogether");
        var end = TestCommand.Run(
            "ui", "--no-browser", "--server", worker.Endpoint, "--ca", folder["ca"], "--token-file", folder["token"]);
        Assert.Equal(ExitCode.Forbidden, end.Code);
        Assert.Empty(end.Output);
    }
}
