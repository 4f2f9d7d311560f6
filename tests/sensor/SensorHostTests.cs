using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Tests.Worker;
using NetSniff.Wire.Ring;
using NetSniff.Worker;

namespace NetSniff.Tests.Sensor;

/// <summary>From packets to a store, all in one process.</summary>
public class SensorHostTests
{
    private static string Shop => Path.Combine(Repository.Root, "cli/Commands/Demo/Shop/shop.pcapng.gz");

    [Fact]
    public async Task Every_record_of_a_capture_is_stored_and_every_stage_adds_up()
    {
        using var folder = new TemporaryFolder();
        using var store = new FixtureStore();
        await using var worker = new WorkerHost(
            new WorkerOptions { Name = "w-0", Version = "test", Folder = folder["worker"] }, store);
        await worker.StartAsync();
        using var capture = PcapFileCapture.Open(Shop);
        await using var sensor = new SensorHost(
            new SensorOptions { Node = "n", Version = "test", Folder = folder["sensor"], IsLive = false },
            [capture],
            new FixedMembers([new RingMember("w-0", worker.Address)]));
        sensor.Start();
        await sensor.Captured;
        Assert.True(await sensor.StopAsync());
        await worker.StopAsync();

        var expected = RecordsOf(Shop);
        Assert.Equal(expected, store.Ids.Count);
        var ledger = sensor.Ledger().Concat(worker.Ledger()).ToList();
        Assert.Equal(expected, Count("export", "records in"));
        Assert.Equal(expected, Count("export", "records spooled"));
        Assert.Equal(expected, Count("spool", "records acknowledged"));
        Assert.Equal(0, Count("spool", "records waiting"));
        Assert.Equal(expected, Count("ingest", "records in the log"));
        Assert.Equal(expected, Count("store", "records in"));
        Assert.Equal(expected, Count("store", "records stored"));
        var told = Assert.Single(worker.Sensors());
        Assert.Equal((sensor.Id, "n"), (told.Sensor, told.Node));
        Assert.Equal(expected, told.Status.Ledger.Single(line => line.What == "records spooled").Count);

        long Count(string stage, string reason) =>
            ledger.Single(line => line.Stage == stage && line.Reason == reason).Count;
    }

    [Fact]
    public async Task Without_a_worker_records_wait_for_the_next_start()
    {
        using var folder = new TemporaryFolder();
        var expected = RecordsOf(Shop);
        var options = new SensorOptions
        {
            Node = "n", Version = "test", Folder = folder["sensor"], IsLive = false, DrainMax = TimeSpan.Zero,
        };
        using (var capture = PcapFileCapture.Open(Shop))
        {
            await using var sensor = new SensorHost(options, [capture], new FixedMembers([]));
            sensor.Start();
            await sensor.Captured;
            Assert.False(await sensor.StopAsync());
            Assert.Equal(expected, sensor.Spooled.Records);
        }

        using var store = new FixtureStore();
        await using var worker = new WorkerHost(
            new WorkerOptions { Name = "w-0", Version = "test", Folder = folder["worker"] }, store);
        await worker.StartAsync();
        await using var next = new SensorHost(
            options with { DrainMax = TimeSpan.FromSeconds(60) },
            [],
            new FixedMembers([new RingMember("w-0", worker.Address)]));
        next.Start();
        Assert.True(await next.StopAsync());
        await worker.StopAsync();
        Assert.Equal(expected, store.Ids.Count);
    }

    private static int RecordsOf(string path)
    {
        var counted = new Counting();
        using var shard = new Shard(new ShardOptions(), counted);
        using var capture = PcapFileCapture.Open(path);
        var frames = new Frame[64];
        for (var count = 0; (count = capture.Receive(frames, TimeSpan.Zero)) >= 0; capture.Release())
        {
            shard.Run(frames.AsSpan(0, count));
        }

        shard.Finish();
        return counted.Records;
    }

    private sealed class Counting : RecordConsumer
    {
        public int Records { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count) => Records += count;
    }
}
