using NetSniff.Sensor.Export;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Sensor.Export;

/// <summary>Of what lies in a spool nothing is passed over without being counted.</summary>
public sealed class SpoolOutboxTests : IDisposable
{
    private const string Worker = "w-0";

    private static readonly QueueOptions s_options = new() { SegmentBytes = 64 * 1024, BytesMax = 16 * 64 * 1024 };

    private readonly TemporaryFolder _folder = new();
    private readonly Wakeup _waiting = new();
    private readonly Spool _spool;
    private readonly SpoolOutbox _outbox;
    private readonly Batch _batch = new();

    public SpoolOutboxTests()
    {
        _spool = Spool.Open(_folder["spool"], s_options);
        _outbox = new SpoolOutbox(_spool, new RetractionList(_folder.Path), Worker, _waiting);
    }

    public void Dispose()
    {
        _outbox.Dispose();
        _spool.Dispose();
        _waiting.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_entry_that_is_no_batch_goes_once_what_was_before_it_has_arrived()
    {
        Append(isBatch: true, records: 1);
        Append(isBatch: false, records: 20);
        Append(isBatch: true, records: 300);

        Assert.True(_outbox.TryTake(_batch));
        Assert.Equal(1ul, _batch.Sequence);
        Assert.False(_outbox.TryTake(_batch));
        _outbox.Rewind(); // as when the connection is lost
        Assert.True(_outbox.TryTake(_batch));
        Assert.Equal(1ul, _batch.Sequence);
        Assert.Equal((321, 0, 0), Balance());

        _outbox.Acknowledge(_batch.Lane, _batch.Sequence);
        Assert.True(_outbox.TryTake(_batch));
        Assert.Equal(3ul, _batch.Sequence);
        Assert.Equal((300, 1, 20), Balance());
        _outbox.Acknowledge(_batch.Lane, _batch.Sequence);
        Assert.Equal((0, 301, 20), Balance());
        Assert.True(_outbox.IsEmpty);
    }

    [Fact]
    public void As_the_last_of_its_lane_it_keeps_nobody_waiting()
    {
        Append(isBatch: false, records: 20);
        Append(isBatch: false, records: 20);
        Assert.False(_outbox.TryTake(_batch));
        Assert.True(_outbox.IsEmpty);
        Assert.Equal((0, 0, 40), Balance());
        Append(isBatch: true, records: 1);
        Assert.True(_outbox.TryTake(_batch));
        Assert.Equal(3ul, _batch.Sequence);
    }

    [Fact]
    public void It_is_counted_also_when_its_lane_is_gone()
    {
        Append(isBatch: false, records: 20);
        Assert.False(_outbox.TryTake(_batch));
        Assert.True(_spool.TryRemove(Assert.Single(_spool.Lanes)));
        Assert.Equal((0, 0, 20), Balance());
    }

    /// <summary>What waits, what arrived, and what was no batch.</summary>
    private (long, long, long) Balance()
    {
        var counts = _spool.Counts();
        return (counts.Records, counts.RecordsArrived, counts.RecordsUnreadable);
    }

    private void Append(bool isBatch, int records)
    {
        var entry = new byte[128];
        var length = SpooledBatch.Write(entry, "packed"u8, unpackedBytes: 6, traceParent: "");
        // Two bytes are no prefix.
        var status = _spool.Append(
            Worker, SpoolPriority.Flows, entry.AsSpan(0, isBatch ? length : 2), records, timeNanos: 1,
            (uint)Compression.Zstd, out _);
        Assert.Equal(AppendStatus.Stored, status);
    }
}
