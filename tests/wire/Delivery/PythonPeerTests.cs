using System.Diagnostics;
using System.Globalization;
using NetSniff.Sensor.Export;
using NetSniff.Storage.MmapQueue;
using NetSniff.Tests.Sensor.Export;
using NetSniff.Tests.Worker;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Wire.V1;
using NetSniff.Worker;

namespace NetSniff.Tests.Wire.Delivery;

/// <summary>Both ends against grpc's own library in another language.</summary>
public class PythonPeerTests
{
    private const string Python = "/usr/bin/python3";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_sensor_of_another_make_is_understood()
    {
        NeedPython();
        using var folder = new TemporaryFolder();
        using var store = new FixtureStore();
        await using var worker = new WorkerHost(
            new WorkerOptions { Name = "w-0", Version = "test", Folder = folder.Path }, store);
        await worker.StartAsync();
        var batch = PackedFlows.Batch("w-0/flows", 1, 1, 10);
        using var peer = Start(
            "sensor", worker.Address, new string('a', 32), Convert.ToHexString(batch.Payload.Span),
            "10", batch.UnpackedBytes.ToString(CultureInfo.InvariantCulture));
        var said = await peer.StandardOutput.ReadToEndAsync().WaitAsync(s_limit);
        await worker.StopAsync();
        Assert.StartsWith("welcome", said, StringComparison.Ordinal);
        Assert.Contains("ack 3", said, StringComparison.Ordinal);
        Assert.EndsWith("OK\n", said, StringComparison.Ordinal);
        // Three names, the same records in each.
        Assert.Equal(30, store.Ids.Count);
    }

    [Fact]
    public async Task A_worker_of_another_make_is_understood()
    {
        NeedPython();
        using var folder = new TemporaryFolder();
        using var peer = Start("worker");
        var address = (await peer.StandardOutput.ReadLineAsync())!
            .Replace("at ", "127.0.0.1:", StringComparison.Ordinal);
        using var spool = Spool.Open(folder.Path, new QueueOptions { SegmentBytes = 256 * 1024, BytesMax = 8 << 20 });
        var distribution = new Distribution();
        using var dispatcher = new Dispatcher(
            spool, folder.Path, distribution, new FixedMembers([new RingMember("w-0", address)]),
            new DeliveryOptions { Sensor = spool.Id, Node = "n", Version = "test" });
        using var stop = new CancellationTokenSource();
        var sending = dispatcher.RunAsync(stop.Token, CancellationToken.None);
        using var exporter = new Exporter(
            spool, distribution, new ExportOptions { RecordsMax = 100 }, "n", () => ["eth0"], TimeProvider.System);
        new NumberedFlows(exporter).Emit(1000);
        exporter.Flush();
        await stop.CancelAsync();
        await sending.WaitAsync(s_limit);
        peer.StandardInput.Close();
        var said = (await peer.StandardOutput.ReadToEndAsync().WaitAsync(s_limit)).Split('\n');
        Assert.Equal(
            Enumerable.Range(1, 10).Select(number => $"batch w-0/flows {number} 100"),
            said.Where(line => line.StartsWith("batch", StringComparison.Ordinal))
                .Select(line => line[..line.LastIndexOf(' ')]));
        Assert.Contains("goodbye", said);
    }

    private static void NeedPython()
    {
        if (!File.Exists(Python)) Assert.Skip($"no {Python}");
        using var ask = Process.Start(new ProcessStartInfo(Python, ["-c", "import grpc, google.protobuf"])
        {
            RedirectStandardError = true,
        })!;
        ask.WaitForExit();
        if (ask.ExitCode != 0) Assert.Skip("python3-grpcio is not installed");
    }

    private static Process Start(string role, params string[] arguments)
    {
        var script = Path.Combine(Repository.Root, "tests/wire/Delivery/peer.py");
        var description = Convert.ToHexString(IngestReflection.Descriptor.SerializedData.Span);
        return Process.Start(new ProcessStartInfo(Python, [script, role, description, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
    }
}
