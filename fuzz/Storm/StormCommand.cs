using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Fuzz.Captures;
using NetSniff.Wire.Querying;
using NetSniff.Worker.Serve;

namespace NetSniff.Fuzz.Storm;

/// <summary>`storm`: slow followers, some who never read, fuzzed requests and SQL bombs against one worker whose store
/// is written to meanwhile. `stage` only starts such a worker, to look at it.</summary>
internal static class StormCommand
{
    private const int Ignoring = 5;
    private const int FollowersPerChannel = 100;

    public static int Run(Arguments arguments)
    {
        var (followers, seconds) = (arguments.Number("followers", 1000), arguments.Number("seconds", 60));
        var rate = arguments.Number("rate", 20_000);
        var limits = new ServeLimits { CallsPerCallerMax = followers + 100, StallMax = TimeSpan.FromSeconds(10) };
        return RunAsync(limits, followers, TimeSpan.FromSeconds(seconds), rate).GetAwaiter().GetResult();
    }

    /// <summary>A worker that is fed with the demo's records, until Ctrl-C; commands without --server find it.
    /// </summary>
    public static int Stage(Arguments arguments)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            stop.Cancel();
        };
        var worker = StormWorker.Start(new ServeLimits(), Demo(), batch: 1);
        var file = new ClientFile(worker.Address, worker.Authority, worker.Token);
        file.Write();
        Console.WriteLine($"a worker at {worker.Address}; {ClientFile.DefaultPath} leads to it");
        worker.Run(arguments.Number("rate", 50), stop.Token);
        file.Remove();
        worker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return 0;
    }

    private static LoadedCapture Demo() =>
        LoadedCapture.Read(Path.Combine(CaptureFolders.Checkout, "cli/Commands/Demo/Shop/shop.pcapng.gz"));

    private static async Task<int> RunAsync(ServeLimits limits, int followers, TimeSpan length, int rate)
    {
        await using var worker = StormWorker.Start(limits, Demo(), batch: rate / 5);
        using var stop = new CancellationTokenSource();
        var storing = Task.Factory.StartNew(() => worker.Run(rate, stop.Token), TaskCreationOptions.LongRunning);
        var callers = new StormCallers(worker, seed: 4711);
        List<QueryChannel> channels = [];
        List<Task> tasks = [];
        for (var number = 0; number < followers; number++)
        {
            if (number % FollowersPerChannel == 0) channels.Add(worker.Connect());
            var pause = TimeSpan.FromMilliseconds(number < 10 ? 0 : 1000);
            tasks.Add(callers.FollowAsync(channels[^1].Client, number, pause, stop.Token));
        }

        channels.Add(worker.Connect());
        for (var number = 0; number < Ignoring; number++)
        {
            tasks.Add(callers.IgnoreAsync(channels[^1].Client, stop.Token));
        }

        tasks.Add(callers.BombAsync(channels[^1].Client, stop.Token));
        using var http = callers.Http();
        tasks.Add(callers.FuzzAsync(http, stop.Token));
        channels.Add(worker.Connect());
        var honest = callers.AskHonestlyAsync(channels[^1].Client, stop.Token);
        var peak = await WatchAsync(worker, length);
        var waiting = worker.Feed.BytesWaiting;
        var ended = followers + Ignoring - worker.Feed.Followers;
        await stop.CancelAsync();
        await storing;
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var millis = await honest;
        foreach (var channel in channels) channel.Dispose();
        return Show(worker, callers, followers, ended, millis, peak, waiting);
    }

    private static async Task<long> WatchAsync(StormWorker worker, TimeSpan length)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.GetCurrentProcess();
        var peak = 0L;
        while (clock.Elapsed < length)
        {
            await Task.Delay(1000);
            process.Refresh();
            peak = Math.Max(peak, process.WorkingSet64);
            Console.Error.Write($"\r{clock.Elapsed.TotalSeconds:0} s  {worker.RecordsStored} stored  "
                + $"{worker.Feed.Followers} follow  {process.WorkingSet64 >> 20} MiB ");
        }

        Console.Error.WriteLine();
        return peak;
    }

    private static int Show(
        StormWorker worker, StormCallers callers, int followers, int ended, List<double> millis, long peak,
        long waiting)
    {
        millis.Sort();
        var figures = new JsonObject
        {
            ["followers"] = followers,
            ["never_reading"] = Ignoring,
            ["calls_ended_for_not_reading"] = ended,
            ["records_stored"] = worker.RecordsStored,
            ["commits_repeated"] = worker.CommitsRepeated,
            ["records_told"] = callers.Told,
            ["records_missed_and_told_so"] = callers.Missed,
            ["requests_fuzzed_and_bombs"] = callers.Asked,
            ["longest_hold_of_the_store_ms"] = Math.Round(worker.LongestPublish.TotalMilliseconds, 2),
            ["honest_questions"] = millis.Count,
            ["honest_median_ms"] = Math.Round(millis.Count == 0 ? -1 : millis[millis.Count / 2], 1),
            ["honest_longest_ms"] = Math.Round(millis.Count == 0 ? -1 : millis[^1], 1),
            ["bytes_waiting_for_followers"] = waiting,
            ["memory_mib"] = peak >> 20,
        };
        foreach (var (name, value) in figures) Console.WriteLine($"{name,-32}{value}");
        foreach (var end in callers.Ends.OrderByDescending(end => end.Value))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {end.Key,-30}{end.Value}"));
        }

        var ends = new JsonObject();
        foreach (var (end, count) in callers.Ends) ends[end] = count;
        figures["ends"] = ends;
        Artifacts.Write("chaos-api", figures);
        var isGood = ended == Ignoring
            && millis.Count > 0 && !callers.Ends.Keys.Any(end => end.StartsWith("honest", StringComparison.Ordinal));
        Console.WriteLine(isGood ? "stayed up, bounded and polite" : "FAILED");
        return isGood ? 0 : 1;
    }
}
