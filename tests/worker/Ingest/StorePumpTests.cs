using System.Text;
using Google.Protobuf;
using NetSniff.Buffers;
using NetSniff.Flows;
using NetSniff.Records;
using NetSniff.Storage.MmapQueue;
using NetSniff.Tests.Sensor.Export;
using NetSniff.Wire.Delivery;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Store;
using Queue = NetSniff.Storage.MmapQueue.MmapQueue;

namespace NetSniff.Tests.Worker.Ingest;

public class StorePumpTests
{
    private static readonly LaneId s_lane = new("0123456789abcdef0123456789abcdef", "w-0/flows");
    private static readonly CommitOptions s_options = new() { RetryAfter = TimeSpan.FromMilliseconds(1), TriesMax = 3 };

    [Fact]
    public void What_is_in_the_log_is_stored_and_then_forgotten_by_it()
    {
        using var bed = new Bed();
        bed.Append(1, firstId: 1, count: 10);
        bed.Append(2, firstId: 11, count: 5);
        bed.Run();
        Assert.Equal(Ids(1, 15), bed.Store.Ids.Order());
        Assert.Equal(2ul, bed.Store.Stored[s_lane]);
        Assert.Equal(0, bed.Log.Counts.Records);
        Assert.Equal(15, bed.Count("records stored"));
    }

    [Fact]
    public void A_disk_that_is_full_for_a_while_costs_nothing()
    {
        using var bed = new Bed();
        bed.Append(1, firstId: 1, count: 10);
        for (var turn = 0; turn < 10; turn++) bed.Store.CommitFailures.Enqueue(new IOException("no space left"));
        bed.Run();
        Assert.Equal(Ids(1, 10), bed.Store.Ids.Order());
        Assert.Equal(10, bed.Count("records stored"));
        Assert.Equal(10, bed.Count("records in"));
        Assert.Equal(10, bed.Count("failures of the store"));
        Assert.Equal(10, bed.Feed.Ids.Count);
    }

    [Fact]
    public void A_batch_the_store_cannot_take_is_given_up_and_counted_and_the_rest_is_stored()
    {
        using var bed = new Bed();
        bed.Append(1, firstId: 1, count: 10);
        bed.Append(2, firstId: 11, count: 5);
        for (var turn = 0; turn < 3; turn++)
        {
            bed.Store.AppendFailures.Enqueue(new InvalidOperationException("no such column"));
        }

        bed.Run();
        Assert.Equal(Ids(11, 5), bed.Store.Ids.Order());
        Assert.Equal(10, bed.Count("records the store could not take"));
        Assert.Equal(15, bed.Count("records in"));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Failures_while_more_is_ready_lose_and_double_nothing(int seed)
    {
        using var bed = new Bed(s_options with { RecordsMax = 10 });
        var random = new Random(seed);
        for (var batch = 0; batch < 300; batch++) bed.Append((ulong)batch + 1, (ulong)(3 * batch) + 1, count: 3);
        for (var turn = 0; turn < 100; turn++)
        {
            bed.Store.AppendFailures.Enqueue(random.Next(20) == 0 ? new IOException("no space left") : null);
            if (random.Next(2) == 0) bed.Store.CommitFailures.Enqueue(new IOException("no space left"));
        }

        bed.Run();
        Assert.Equal(Ids(1, 900), bed.Store.Ids.Order());
        Assert.Equal(Ids(1, 900), bed.Feed.Ids);
        Assert.Equal(900, bed.Count("records stored"));
        Assert.Equal(900, bed.Count("records in"));
        Assert.Equal(0, bed.Log.Counts.Records);
    }

    [Fact]
    public void An_enricher_that_fails_costs_its_batch_and_no_other()
    {
        using var bed = new Bed { Spoiled = 11 };
        bed.Append(1, firstId: 1, count: 10);
        bed.Append(2, firstId: 11, count: 5);
        bed.Append(3, firstId: 16, count: 5);
        bed.Run();
        Assert.Equal([.. Ids(1, 10), .. Ids(16, 5)], bed.Store.Ids.Order());
        Assert.Equal(5, bed.Count("records the store could not take"));
        Assert.Equal(20, bed.Count("records in"));
    }

    public static TheoryData<string> Damages => ["cut", "flipped", "huge", "unknown compression"];

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_batch_is_counted_and_stops_nothing(string damage)
    {
        using var bed = new Bed();
        var batch = PackedFlows.Batch(s_lane.Lane, 1, 1, 10);
        var payload = batch.Payload.ToByteArray();
        switch (damage)
        {
            case "cut":
                batch.Payload = ByteString.CopyFrom(payload, 0, payload.Length / 2);
                break;
            case "flipped":
                payload[payload.Length / 2] ^= 0xff;
                payload[4] ^= 0xff;
                batch.Payload = ByteString.CopyFrom(payload);
                break;
            case "huge":
                batch.UnpackedBytes = uint.MaxValue;
                break;
            default:
                batch.Compression = (NetSniff.Wire.V1.Compression)9;
                break;
        }

        Assert.True(bed.Log.TryAppend(s_lane, batch));
        bed.Append(2, firstId: 11, count: 5);
        bed.Run();
        Assert.Equal(Ids(11, 5), bed.Store.Ids.Order());
        Assert.Equal(10, bed.Count("records damaged or of unknown kinds"));
        Assert.Equal(5, bed.Count("records stored"));
    }

    [Fact]
    public void What_a_later_version_wrote_into_the_log_is_counted()
    {
        using var bed = new Bed(strange: static log => log.TryAppend("later"u8, records: 7, 1, kind: 99, out _));
        bed.Append(1, firstId: 1, count: 5);
        bed.Run();
        Assert.Equal(Ids(1, 5), bed.Store.Ids.Order());
        Assert.Equal(7, bed.Count("records damaged or of unknown kinds"));
        Assert.Equal(1, bed.Count("entries of the log passed over"));
        Assert.Equal(12, bed.Count("records in"));
    }

    [Fact]
    public void A_retraction_that_ends_too_soon_is_counted()
    {
        using var bed = new Bed(strange: AppendCutRetraction);
        bed.Append(1, firstId: 1, count: 5);
        bed.Run();
        Assert.Equal(1, bed.Count("entries of the log passed over"));
    }

    [Fact]
    public void A_retraction_that_the_store_cannot_do_is_given_up_and_counted()
    {
        using var bed = new Bed();
        bed.Append(1, firstId: 1, count: 10);
        Assert.True(bed.Log.TryAppend(s_lane, [1]));
        bed.Append(2, firstId: 11, count: 5);
        bed.Store.RefusesRetractions = true;
        bed.Run();
        Assert.Equal(Ids(1, 15), bed.Store.Ids.Order());
        Assert.Equal(1, bed.Count("entries of the log passed over"));
        Assert.Equal(0, bed.Count("records the store could not take"));
    }

    [Fact]
    public void Fields_of_a_later_version_are_left_out_and_counted()
    {
        using var bed = new Bed();
        var batch = PackedFlows.Batch(s_lane.Lane, 1, 1, 10);
        using var unpacker = new BatchUnpacker();
        Assert.True(unpacker.TryUnpack(batch.Payload.Span, batch.Compression, batch.UnpackedBytes, out var lent));
        var bytes = lent.ToArray();
        var field = Encoding.UTF8.GetBytes(RecordKinds.Register<FlowRecord>().Fields[0].Name);
        bytes[bytes.AsSpan().IndexOf(field)] = (byte)'F';
        (batch.Payload, batch.Compression) = (ByteString.CopyFrom(bytes), NetSniff.Wire.V1.Compression.None);
        Assert.True(bed.Log.TryAppend(s_lane, batch));
        bed.Run();
        Assert.Equal(Ids(1, 10), bed.Store.Ids.Order());
        Assert.Equal(1, bed.Count("columns of fields unknown here"));
    }

    [Fact]
    public void What_is_taken_back_is_gone_and_stays_gone()
    {
        using var bed = new Bed();
        bed.Append(1, firstId: 1, count: 10);
        bed.Append(2, firstId: 11, count: 5);
        Assert.True(bed.Log.TryAppend(s_lane, [1]));
        bed.Append(3, firstId: 16, count: 2);
        bed.Run();
        Assert.Equal(Ids(11, 7), bed.Store.Ids.Order());
        Assert.Equal(3ul, bed.Store.Stored[s_lane]);
    }

    [Fact]
    public void A_log_that_is_read_again_stores_nothing_twice()
    {
        using var bed = new Bed();
        bed.Append(1, firstId: 1, count: 10);
        bed.Run();
        bed.Append(1, firstId: 1, count: 10);
        bed.Append(2, firstId: 11, count: 5);
        bed.Run();
        Assert.Equal(Ids(1, 15), bed.Store.Ids.Order());
        Assert.Equal(10, bed.Count("records that were stored already"));
        Assert.Equal(Ids(1, 15), bed.Feed.Ids.Order());
    }

    [Fact]
    public void A_full_disk_is_freed_by_what_expires()
    {
        using var bed = new Bed(s_options with { ExpireEvery = TimeSpan.Zero });
        bed.Append(1, firstId: 1, count: 10);
        bed.Store.IsFailing = true;
        bed.Store.Expiring = () => bed.Store.IsFailing = false;
        bed.Run();
        Assert.Equal(Ids(1, 10), bed.Store.Ids.Order());
        Assert.Equal(1, bed.Count("failures of the store"));
    }

    [Fact]
    public void A_log_that_is_never_empty_keeps_nothing_from_expiring_and_nothing_waits_meanwhile()
    {
        using var bed = new Bed(s_options with { ExpireEvery = TimeSpan.Zero, RecordsMax = 1 });
        for (var batch = 1ul; batch <= 5; batch++) bed.Append(batch, firstId: 10 * batch, count: 10);
        bed.Run();
        Assert.Equal(5, bed.Store.Expires);
    }

    [Fact]
    public void What_a_store_could_not_take_is_forgotten_by_it_before_it_comes_again()
    {
        using var bed = new Bed();
        bed.Append(1, firstId: 1, count: 10);
        bed.Append(2, firstId: 11, count: 5);
        bed.Store.AppendFailures.Enqueue(null);
        bed.Store.AppendFailures.Enqueue(new InvalidOperationException("no such column"));
        bed.Run();
        Assert.Equal(Ids(1, 15), bed.Store.Ids.Order());
        Assert.Equal(15, bed.Count("records stored"));
        Assert.Equal(0, bed.Count("records that were stored already"));
    }

    [Fact]
    public void Records_are_named_and_looked_at_before_they_are_stored()
    {
        using var bed = new Bed();
        bed.Append(1, firstId: 1, count: 10);
        bed.Run();
        Assert.Equal(Ids(1, 10), bed.Seen.Order());
        Assert.All(bed.Feed.Ports, port => Assert.Equal(8443, port));
    }

    private static IEnumerable<ulong> Ids(ulong first, int count) =>
        Enumerable.Range(0, count).Select(offset => first + (ulong)offset);

    private static void AppendCutRetraction(Queue log)
    {
        var entry = new ByteWriter(64);
        LogEntry.Write(entry, s_lane, [1, 2, 3]);
        log.TryAppend(entry.Written[..^1], 0, 1, (uint)LogEntryKind.Retraction, out _);
    }

    private sealed class Bed : IRecordEnricher, IBatchDetector, IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly StorePump _pump;

        public Bed(CommitOptions? options = null, Action<Queue>? strange = null)
        {
            var room = new QueueOptions { SegmentBytes = 1 << 20, BytesMax = 8 << 20 };
            if (strange is not null)
            {
                using var log = Queue.Open(_folder["log"], room);
                strange(log);
            }

            Log = IngestLog.Open(_folder["log"], room);
            var parts = new StorePumpParts { Enrichers = [this], Detector = this, Feeds = [Feed] };
            _pump = new StorePump(Log, Store, options ?? s_options, parts, TimeProvider.System);
        }

        public IngestLog Log { get; }

        public FixtureStore Store { get; } = new();

        public KeepingFeed Feed { get; } = new();

        public List<ulong> Seen { get; } = [];

        /// <summary>A record that cannot be named.</summary>
        public ulong Spoiled { get; init; }

        public void Append(ulong sequence, ulong firstId, int count) => Assert.True(
            Log.TryAppend(s_lane, PackedFlows.Batch(s_lane.Lane, sequence, firstId, count)));

        /// <summary>Until the log is empty.</summary>
        public void Run()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            _pump.Run(new CancellationToken(true), limit.Token);
            Assert.True(_pump.IsDrained);
        }

        public long Count(string reason) => _pump.Ledger().Single(line => line.Reason == reason).Count;

        public void Enrich(Span<byte> records, int count)
        {
            for (var rest = records; !rest.IsEmpty;)
            {
                ref var head = ref System.Runtime.InteropServices.MemoryMarshal.AsRef<RecordHeader>(rest);
                head.ServerPort = 8443;
                if (head.FlowId == Spoiled) throw new InvalidOperationException("no such name");
                rest = rest[head.Length..];
            }
        }

        public StoreBatch Detect(scoped in StoreBatch batch)
        {
            foreach (var record in new RecordWalker(batch.Records)) Seen.Add(record.Header.FlowId);
            return batch;
        }

        public void Dispose()
        {
            _pump.Dispose();
            Log.Dispose();
            Store.Dispose();
            _folder.Dispose();
        }
    }

    private sealed class KeepingFeed : IRecordFeed
    {
        public List<ulong> Ids { get; } = [];

        public List<int> Ports { get; } = [];

        public void Publish(in StoreBatch batch)
        {
            foreach (var record in new RecordWalker(batch.Records))
            {
                Ids.Add(record.Header.FlowId);
                Ports.Add(record.Header.ServerPort);
            }
        }
    }
}
