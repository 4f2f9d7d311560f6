using System.Diagnostics;
using System.Net;
using System.Text;
using NetSniff.Packets;
using NetSniff.Protocols.Http;
using NetSniff.Records;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Cli.Commands.Ui;

/// <summary>The page in a real browser, where there is one.</summary>
public sealed class UiBrowserTests
{
    private const string Hostile = "<img src=x onerror=\"document.title='ran'\">";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task What_records_say_is_shown_as_text()
    {
        var browser = Array.Find(["chromium", "chromium-browser", "google-chrome"], IsThere);
        Assert.SkipWhen(browser is null, "no Chromium is installed; the rest of `ui` is tested without one");
        await using var scene = await UiScene.StartAsync(static worker =>
        {
            worker.Store.Aggregates = static _ => [];
            worker.Store.Append(Batch());
            worker.Store.Commit();
        });
        var page = await PageAsync(browser, scene.Server.Link);
        Assert.Contains("0 of 0 sensors", page, StringComparison.Ordinal);
        Assert.Contains("No flows ended in the last 5 minutes.", page, StringComparison.Ordinal);
        Assert.Contains(WebUtility.HtmlEncode("<img src=x onerror="), page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.Contains("<title>NetSniff</title>", page, StringComparison.Ordinal);
        Assert.Contains("18446744073709551615", page, StringComparison.Ordinal);
    }

    /// <summary>One exchange of this minute, with a number of its flow that a double cannot hold.</summary>
    private static StoreBatch Batch()
    {
        var sink = TestRecords.NewSink();
        sink.Context = new RecordHeader
        {
            FlowId = ulong.MaxValue, Protocol = 6, ClientPort = 40000, ServerPort = 80,
            Client = Address.FromBytes([10, 0, 0, 1]), Server = Address.FromBytes([10, 0, 0, 2]),
        };
        var now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        sink.Emit(
            new HttpRecord
            {
                Method = "GET"u8, Uri = Encoding.ASCII.GetBytes("/" + Hostile), Host = "shop"u8, Version = "1.1"u8,
                HasRequest = true, HasResponse = true, Status = 200, LatencyNanos = 1_000_000, HasLatency = true,
            },
            now);
        return new StoreBatch
        {
            Lane = new LaneId("5e", "w1/0"), Sequence = 1, Records = sink.Bytes.ToArray(), Count = sink.Count,
        };
    }

    private static async Task<string> PageAsync(string browser, string link)
    {
        using var profile = new TemporaryFolder();
        var start = new ProcessStartInfo(browser,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--user-data-dir=" + profile.Path,
            "--virtual-time-budget=4000", "--dump-dom", link,
        ])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_patience);
        try
        {
            return await process.StandardOutput.ReadToEndAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static bool IsThere(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
