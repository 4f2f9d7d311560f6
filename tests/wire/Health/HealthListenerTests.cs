using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using NetSniff.Pipeline;
using NetSniff.Wire.Health;

namespace NetSniff.Tests.Wire.Health;

public sealed class HealthListenerTests : IAsyncLifetime
{
    private readonly FakeClock _clock = new();
    private readonly HealthBoard _board;
    private readonly HttpClient _client = new();
    private HealthListener? _listener;

    public HealthListenerTests() => _board = new HealthBoard("sensor", "1.2.3", _clock);

    public async ValueTask InitializeAsync() =>
        _listener = await HealthListener.StartAsync(new HealthOptions { Port = 0 }, _board);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _listener!.DisposeAsync();
    }

    [Fact]
    public async Task A_loop_that_stands_still_is_told_by_its_name_and_one_that_ended_is_not()
    {
        var capture = _board.AddLoop("capture", TimeSpan.FromSeconds(5));
        var export = _board.AddLoop("export", TimeSpan.FromSeconds(5));
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync("/livez"));

        _clock.Advance(TimeSpan.FromSeconds(6));
        export.Beat();
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "[-]capture: last went round 6.0 s ago, 5.0 s are allowed\nfailed\n"),
            await GetAsync("/livez"));
        Assert.Contains("[+]export: last went round 0.0 s ago", (await GetAsync("/livez?verbose")).Text);

        capture.End();
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/livez")).Status);
    }

    [Fact]
    public async Task Not_ready_says_which_condition_and_why()
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync("/readyz")).Status);

        var config = _board.AddCondition("config");
        var worker = _board.AddCondition("worker");
        config.Set(true, "RevisionApplied");
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "[-]worker: Pending, not known yet\nfailed\n"),
            await GetAsync("/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync("/healthz")).Status);

        worker.Set(true, "Connected", "2 of 2");
        Assert.Equal(
            (HttpStatusCode.OK, "[+]config: RevisionApplied\n[+]worker: Connected, 2 of 2\nok\n"),
            await GetAsync("/readyz?verbose"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/healthz")).Status);
    }

    [Fact]
    public async Task Ledger_lines_of_several_shards_are_one()
    {
        _board.AddLedger(() => [new LedgerLine("decode", "in", 3, false), new LedgerLine("flows", "evicted", 1, true)]);
        _board.AddLedger(() => [new LedgerLine("decode", "in", 4, false)]);
        var text = (await GetAsync("/metrics")).Text;
        Assert.Contains("netsniff_ledger_total{stage=\"decode\",what=\"in\",loss=\"false\"} 7\n", text);
        Assert.Contains("netsniff_ledger_total{stage=\"flows\",what=\"evicted\",loss=\"true\"} 1\n", text);
        Assert.Contains("netsniff_build_info{program=\"sensor\",version=\"1.2.3\"} 1\n", text);
        Assert.Contains("netsniff_sensor_ready 0\n", text);
    }

    [Fact]
    public async Task Prometheus_own_checker_accepts_the_scrape()
    {
        FillBoard();
        var text = (await GetAsync("/metrics")).Text;
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "no promtool here (Debian: prometheus)");

        using var promtool = Process.Start(new ProcessStartInfo("/usr/bin/promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        var output = promtool.StandardOutput.ReadToEndAsync();
        var said = await promtool.StandardError.ReadToEndAsync() + await output;
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0 && said.Length == 0, said + text);
    }

    /// <summary>One value for every family there is.</summary>
    private void FillBoard()
    {
        _board.AddLoop("capture", TimeSpan.FromSeconds(5));
        _board.AddCondition("config").Set(true, "RevisionApplied");
        _board.AddLedger(() => [new LedgerLine("decode", "in", 3, false)]);
        _board.Add(new Everything());
    }

    private sealed class Everything : IMetricSource
    {
        public void Read(MetricSink sink)
        {
            var histogram = Histogram.OfTurns();
            histogram.Record(0.002);
            foreach (var family in Metrics.All)
            {
                var labels = family.Labels.Select(label => $"a {label}").ToArray();
                if (family.Kind == MetricKind.Histogram) sink.Add(family, histogram, labels);
                else sink.Add(family, 1, labels);
            }
        }
    }

    [Fact]
    public async Task The_inside_is_one_JSON_document()
    {
        FillBoard();
        var (status, text) = await GetAsync("/debug/vars");
        Assert.Equal(HttpStatusCode.OK, status);
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        Assert.Equal("sensor", root.GetProperty("program").GetString());
        Assert.True(root.GetProperty("gc").GetProperty("heap_bytes").GetInt64() > 0);
        Assert.True(root.GetProperty("loops").GetProperty("capture").GetProperty("alive").GetBoolean());
        Assert.Equal(3, root.GetProperty("ledger")[0].GetProperty("count").GetInt64());
        var queue = root.GetProperty("metrics").GetProperty("netsniff_queue_bytes")[0];
        Assert.Equal("a queue", queue.GetProperty("queue").GetString());
        Assert.Equal(1, queue.GetProperty("value").GetDouble());
        if (!OperatingSystem.IsLinux()) return;

        var threads = root.GetProperty("threads").GetProperty("all").EnumerateArray();
        Assert.Contains(threads, thread => thread.GetProperty("id").GetInt32() == Environment.ProcessId);
    }

    [Theory]
    [InlineData(DebugAccess.Local, "localhost", HttpStatusCode.OK)]
    [InlineData(DebugAccess.Local, "127.0.0.1:80", HttpStatusCode.OK)]
    [InlineData(DebugAccess.Local, "rebound.example", HttpStatusCode.Forbidden)]
    [InlineData(DebugAccess.Nobody, "localhost", HttpStatusCode.Forbidden)]
    [InlineData(DebugAccess.Anyone, "node-7", HttpStatusCode.OK)]
    public async Task Who_may_look_inside_is_told_why_not(DebugAccess access, string host, HttpStatusCode expected)
    {
        await using var listener = await HealthListener.StartAsync(
            new HealthOptions { Port = 0, Debug = access }, _board);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{listener.EndPoint}/debug/vars");
        request.Headers.Host = host;
        using var response = await _client.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.OK) return;

        Assert.StartsWith("debug pages are ", await response.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/metrics")).Status);
    }

    [Fact]
    public async Task Other_paths_methods_and_bodies_are_refused_politely()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("/etc/passwd")).Status);
        Assert.Contains("/readyz", (await GetAsync("/")).Text);
        using var body = new StringContent(new string('x', 100_000));
        using var answer = await _client.PostAsync(new Uri($"http://{_listener!.EndPoint}/livez"), body);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        using var head = new HttpRequestMessage(HttpMethod.Head, $"http://{_listener.EndPoint}/metrics");
        using var headAnswer = await _client.SendAsync(head);
        Assert.True(headAnswer.Content.Headers.ContentLength > 1000);
    }

    [Theory]
    [InlineData("GET /" + "livez HTTP/9.9\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\0")]
    [InlineData("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("GET /livez HTTP/1.1\r\nHost: a\0b\r\n\r\n")]
    public async Task Nonsense_leaves_it_answering(string nonsense)
    {
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(_listener!.EndPoint);
            await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(nonsense + new string('y', 40_000)));
        }

        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/livez")).Status);
    }

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(string path)
    {
        using var answer = await _client.GetAsync(new Uri($"http://{_listener!.EndPoint}{path}"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
