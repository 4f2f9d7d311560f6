using System.Globalization;
using NetSniff.Sensor.Export;
using NetSniff.Storage.MmapQueue;
using NetSniff.Tests.Detection.Rules;
using NetSniff.Tests.Sensor.Export;
using NetSniff.Tests.Worker;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Worker;
using NetSniff.Worker.Detect;

namespace NetSniff.Tests.Simulation;

/// <summary>A sensor and a worker as processes that a test may kill.</summary>
internal static class DeliveryRoles
{
    public static readonly QueueOptions SpoolOptions = new() { SegmentBytes = 256 * 1024, BytesMax = 64 << 20 };

    /// <summary>Folder, name, address, and a file of rules or none. Says `at ADDRESS` and runs until standard input
    /// ends.</summary>
    public static int Worker(string[] arguments)
    {
        var (folder, name, address) = (arguments[0], arguments[1], arguments[2]);
        Directory.CreateDirectory(folder);
        using var store = new FixtureStore(Path.Combine(folder, "store"));
        var options = new WorkerOptions { Name = name, Version = "test", Folder = folder, Listen = address };
        var stage = arguments.Length > 3 ? new DetectStage(store.Stored) : null;
        stage?.Offer(RuleBench.Load(File.ReadAllText(arguments[3]), out _)!);
        var parts = stage is null ? null : new WorkerParts { Detector = stage, Feeds = [stage] };
        return RunAsync().GetAwaiter().GetResult();

        async Task<int> RunAsync()
        {
            var worker = new WorkerHost(options, store, parts);
            await using (worker.ConfigureAwait(false))
            {
                await worker.StartAsync().ConfigureAwait(false);
                Console.WriteLine($"at {worker.Address}");
                await Console.In.ReadToEndAsync().ConfigureAwait(false);
                await worker.StopAsync().ConfigureAwait(false);
                return 0;
            }
        }
    }

    /// <summary>Folder, members file, first id and last id. Says `spooled ID` after each piece, `done` when all is
    /// acknowledged.</summary>
    public static int Sensor(string[] arguments)
    {
        var (folder, members) = (arguments[0], arguments[1]);
        var first = ulong.Parse(arguments[2], CultureInfo.InvariantCulture);
        var last = ulong.Parse(arguments[3], CultureInfo.InvariantCulture);
        using var spool = Spool.Open(folder, SpoolOptions);
        var distribution = new Distribution();
        using var dispatcher = new Dispatcher(
            spool, folder, distribution, new MembersFile(members),
            new DeliveryOptions { Sensor = spool.Id, Node = "n", Version = "test" });
        using var stop = new CancellationTokenSource();
        var sending = dispatcher.RunAsync(stop.Token, CancellationToken.None);
        using var exporter = new Exporter(
            spool, distribution, new ExportOptions(), "n", () => ["eth0"], TimeProvider.System);
        var flows = new NumberedFlows(exporter);
        flows.Emit(0, first);
        while (flows.Last < last)
        {
            flows.Emit(500);
            exporter.Flush();
            Console.WriteLine($"spooled {flows.Last}");
            Thread.Sleep(2);
        }

        stop.Cancel();
        sending.GetAwaiter().GetResult();
        Console.WriteLine("done");
        return 0;
    }
}
