using System.Diagnostics;
using NetSniff.Records;
using NetSniff.Storage.MmapQueue;
using NetSniff.Tests.Sensor.Export;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.ClickHouse;

namespace NetSniff.Tests.Worker.Store.ClickHouse;

/// <summary>A worker's log before a server that goes and comes.</summary>
public sealed class ClickPumpTests
{
    private const int RecordsOfBatch = 100;

    private static readonly LaneId s_lane = new("0123456789abcdef0123456789abcdef", "w-0/flows");
    private static readonly CommitOptions s_options = new()
    {
        RetryAfter = TimeSpan.FromMilliseconds(50), Every = TimeSpan.FromMilliseconds(20), RecordsMax = 500,
    };

    [Fact]
    public async Task Batches_wait_while_the_server_is_away_and_it_goes_on_by_itself()
    {
        Assert.SkipWhen(ClickHouseServer.Binary is null, ClickHouseServer.Absent);
        using var folder = new TemporaryFolder();
        using var server = new ClickHouseServer();
        server.Start();
        using var store = new ClickHouseStore(server.Options(folder.Path, TimeProvider.System));
        using var log = IngestLog.Open(
            folder["log"], new QueueOptions { SegmentBytes = 1 << 20, BytesMax = 64 << 20 });
        using var pump = new StorePump(log, store, s_options, new StorePumpParts(), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => pump.Run(stop.Token, CancellationToken.None));
        Append(log, 1, 20);
        Until(() => pump.RecordsStored > 0, "the first are stored");
        for (ulong round = 1; round <= 2; round++)
        {
            server.Kill();
            Append(log, 20 * round + 1, 20);
            Until(() => pump.Problem?.Contains("does not answer", StringComparison.Ordinal) == true, "it is said");
            Assert.True(log.Counts.Records >= 20 * RecordsOfBatch);
            Assert.False(pump.IsDrained);
            server.Start();
            Until(() => pump.Problem is null && log.Counts.Records == 0, "it goes on");
        }

        await stop.CancelAsync();
        await running;
        var ids = new Numbers();
        Assert.False(store.Read(new RecordQuery { CountMax = 100_000 }, ids, default));
        Assert.Equal(Enumerable.Range(1, 60 * RecordsOfBatch).Select(id => (ulong)id), ids.All.Order());
    }

    private static void Append(IngestLog log, ulong first, int count)
    {
        for (var batch = first; batch < first + (ulong)count; batch++)
        {
            Assert.True(log.TryAppend(s_lane, PackedFlows.Batch(
                s_lane.Lane, batch, (batch - 1) * RecordsOfBatch + 1, RecordsOfBatch)));
        }
    }

    private static void Until(Func<bool> isSo, string what)
    {
        // Far more than it takes: only a test that fails waits so long.
        for (var began = Stopwatch.GetTimestamp(); !isSo(); Thread.Sleep(20))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(90), $"never: {what}");
        }
    }

    private sealed class Numbers : RecordConsumer
    {
        public List<ulong> All { get; } = [];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records)) All.Add(record.Header.FlowId);
        }
    }
}
