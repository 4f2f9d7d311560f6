using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NetSniff.Pipeline;
using NetSniff.Sensor;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Security;

namespace NetSniff.Fuzz.Swarm;

/// <summary>`swarm`: many sensors in one process, each whole but for its packets, which are made: shard, spool,
/// delivery over mTLS. e2e/swarm.py starts the workers, which are real, and counts what they stored.</summary>
internal static class SwarmCommand
{
    private static readonly TimeSpan s_drainMax = TimeSpan.FromMinutes(2);

    public static int Run(Arguments arguments)
    {
        if (arguments.Text("folder") is not { } folder || arguments.Text("tls") is not { } tls
            || arguments.Text("workers") is not { } workers)
        {
            return Arguments.Refuse("swarm --folder FOLDER --tls FOLDER --workers NAME=HOST:PORT,...");
        }

        var members = MemberText.Parse(workers, out var problem) ?? throw new FormatException(problem);
        var length = TimeSpan.FromSeconds(arguments.Number("seconds", 180));
        var (count, rate) = (arguments.Number("sensors", 120), arguments.Number("rate", 40));
        return RunAsync(folder, tls, members, count, rate, length).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(
        string folder, string tls, IReadOnlyList<RingMember> members, int count, int rate, TimeSpan length)
    {
        // Threads that deliver must not wait for the pool to grow, one a second, behind hosts that start.
        ThreadPool.SetMinThreads(64, 64);
        var security = new ClientSecurity(new CertificateFiles(CertificatePaths.In(tls)));
        var captures = Enumerable.Range(0, count).Select(number => new MadeCapture(number, rate, length)).ToList();
        var hosts = captures.Select((capture, number) => new SensorHost(
            Options(Path.Combine(folder, $"sensor-{number}"), number, security), [capture], new FixedMembers(members)))
            .ToList();
        foreach (var host in hosts) host.Start();
        var peak = await WatchAsync(hosts, length).ConfigureAwait(false);
        var ends = await Task.WhenAll(hosts.Select(host => host.StopAsync())).ConfigureAwait(false);
        Tell(hosts, ends, peak);
        foreach (var host in hosts) await host.DisposeAsync().ConfigureAwait(false);
        foreach (var capture in captures) capture.Dispose();
        return 0;
    }

    private static async Task<long> WatchAsync(List<SensorHost> hosts, TimeSpan length)
    {
        using var process = Process.GetCurrentProcess();
        var clock = Stopwatch.StartNew();
        var captured = Task.WhenAll(hosts.Select(host => host.Captured));
        var peak = 0L;
        while (!captured.IsCompleted)
        {
            await Task.WhenAny(captured, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
            process.Refresh();
            peak = Math.Max(peak, process.WorkingSet64);
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{clock.Elapsed.TotalSeconds:0} of {length.TotalSeconds:0} s  {hosts.Sum(Waiting)} records wait"));
        }

        return peak;
    }

    private static void Tell(List<SensorHost> hosts, bool[] ends, long peak)
    {
        var figures = new
        {
            sensors = hosts.Count,
            produced = hosts.Sum(host => Line(host, "export", "records spooled")),
            waiting = hosts.Sum(Waiting),
            given_up = hosts.Sum(host => Line(host, "spool", "records given up to make room")),
            ended_with_all_acknowledged = ends.Count(end => end),
            memory_mib = peak >> 20,
        };
        Console.WriteLine(JsonSerializer.Serialize(figures));
    }

    private static long Waiting(SensorHost host) => Line(host, "spool", "records waiting");

    private static long Line(SensorHost host, string stage, string reason) =>
        host.Ledger().Where(line => line.Stage == stage && line.Reason == reason).Sum(line => line.Count);

    private static SensorOptions Options(string folder, int number, ClientSecurity security) => new()
    {
        Node = $"node-{number}",
        Version = "swarm",
        Folder = folder,
        Security = security,
        Shard = new ShardOptions
        {
            FlowsMax = 1 << 13,
            ConversationsMax = 1 << 10,
            DatagramIdleMax = TimeSpan.FromSeconds(5),
        },
        Spool = new QueueOptions { SegmentBytes = 1 << 20, BytesMax = 64 << 20 },
        DrainMax = s_drainMax,
    };
}
