using NetSniff.Records;
using NetSniff.Storage.MmapQueue;
using NetSniff.Tests.Detection.Rules;
using NetSniff.Tests.Sensor.Export;
using NetSniff.Tests.Worker.Store;
using NetSniff.Worker.Detect;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Worker.Detect;

/// <summary>Findings go into the store with the batch they were found in, once.</summary>
public class DetectStageTests
{
    private const ulong Seventh = 7;

    /// <summary>When the numbered flows were.</summary>
    private const long Now = 1_700_000_000_000_000_000;

    private const StringComparison Sensitive = StringComparison.Ordinal;
    private static readonly LaneId s_lane = new("0123456789abcdef0123456789abcdef", "w-0/flows");

    private static readonly string s_seventh = RuleBench.Rule("condition: flow.id == 7\ndetector: {type: Match}");

    private static readonly string s_twelve = RuleBench.Rule(
        "condition: flow\ndetector: {type: Threshold, threshold: {count: 12, window: 1h}}");

    [Fact]
    public void A_finding_is_stored_behind_the_records_of_its_batch()
    {
        using var bed = new Bed(s_seventh);
        bed.Append(1, firstId: 1, count: 10);
        bed.Run();
        Assert.Equal([.. Ids(1, 10), Seventh], bed.Store.Ids);
        Assert.Equal(["finding"], bed.Feed.Kinds.Where(kind => kind != "flow"));
        // The store's own account is of what sensors sent.
        Assert.Equal(10, bed.Count("records stored"));
        Assert.Equal(1, bed.Stage.Ledger().Single(line => line.Reason == "findings").Count);
    }

    [Fact]
    public void A_store_that_fails_gets_the_same_findings_again()
    {
        using var bed = new Bed(s_twelve);
        bed.Append(1, firstId: 1, count: 10);
        bed.Append(2, firstId: 11, count: 5);
        for (var turn = 0; turn < 5; turn++) bed.Store.CommitFailures.Enqueue(new IOException("no space left"));
        bed.Run();
        // One finding in the second batch, for its second record was the twelfth of all; never one for the tenth of
        // the first batch counted twice.
        Assert.Equal([.. Ids(1, 15), 12ul], bed.Store.Ids);
        Assert.Equal(1, bed.Stage.Ledger().Single(line => line.Reason == "findings").Count);
    }

    [Fact]
    public void A_log_that_is_read_again_after_a_kill_counts_nothing_twice()
    {
        using var bed = new Bed(s_twelve);
        bed.Append(1, firstId: 1, count: 10);
        bed.Run();
        // The next process: the store has the batch, the log brings it again.
        bed.Restart();
        bed.Append(1, firstId: 1, count: 10);
        bed.Append(2, firstId: 11, count: 11);
        bed.Run();
        // Without what was remembered only the new ones count, and they are eleven.
        Assert.Equal(Ids(1, 21), bed.Store.Ids);
        Assert.Equal(1, bed.Stage.Ledger().Single(line => line.Reason == "batches that came again").Count);
    }

    [Fact]
    public void Rules_that_are_offered_come_into_force_with_the_next_batch()
    {
        using var bed = new Bed(s_seventh);
        bed.Append(1, firstId: 1, count: 5);
        bed.Run();
        bed.Stage.Offer(RuleBench.Load(
            RuleBench.Rule("condition: flow.id == 8\ndetector: {type: Match}"), out _)!);
        bed.Append(2, firstId: 6, count: 5);
        bed.Run();
        Assert.Equal([.. Ids(1, 10), 8ul], bed.Store.Ids);
    }

    [Fact]
    public void After_a_start_rules_remember_what_the_store_holds_and_say_nothing_of_it_again()
    {
        using var folder = new TemporaryFolder();
        using var store = Stores.Open("duckdb", folder.Path, new FixedClock(Now));
        var stage = new DetectStage(store.Stored);
        stage.Offer(RuleBench.Load($"{s_twelve}---\n{s_seventh.Replace("name: r", "name: s", Sensitive)}", out _)!);
        Assert.Equal(0, stage.WarmUp(store, TimeSpan.FromMinutes(10), 1000));
        Store(store, stage, 1, firstId: 1, count: 10);
        Assert.Equal(11, store.Counts.Records);

        // The next process.
        stage = new DetectStage(store.Stored);
        stage.Offer(RuleBench.Load($"{s_twelve}---\n{s_seventh.Replace("name: r", "name: s", Sensitive)}", out _)!);
        Assert.Equal(11, stage.WarmUp(store, TimeSpan.FromMinutes(10), 1000));
        Assert.All(stage.Rules!.States(), state => Assert.Equal(0, state.Counters.Raised));
        Store(store, stage, 1, firstId: 1, count: 10);
        Store(store, stage, 2, firstId: 11, count: 2);
        Assert.Equal(11 + 3, store.Counts.Records);
        Assert.Equal(1, stage.Rules!.States().Sum(state => state.Counters.Raised));
    }

    private static void Store(IRecordStore store, DetectStage stage, ulong sequence, ulong firstId, int count)
    {
        var flows = new Gathered();
        new NumberedFlows(flows).Emit(count, firstId);
        byte[] records = [.. flows.Records.SelectMany(static record => record)];
        var batch = new StoreBatch { Lane = s_lane, Sequence = sequence, Records = records, Count = count };
        batch = stage.Detect(in batch);
        store.Append(in batch);
        store.Commit();
        stage.Publish(in batch);
    }

    private static IEnumerable<ulong> Ids(ulong first, int count) =>
        Enumerable.Range(0, count).Select(offset => first + (ulong)offset);

    private sealed class Bed : IDisposable
    {
        private static readonly CommitOptions s_options = new() { RetryAfter = TimeSpan.FromMilliseconds(1) };

        private readonly TemporaryFolder _folder = new();
        private readonly string _rules;
        private StorePump? _pump;

        public Bed(string rules)
        {
            _rules = rules;
            Log = IngestLog.Open(_folder["log"], new QueueOptions { SegmentBytes = 1 << 20, BytesMax = 8 << 20 });
            Restart();
        }

        public IngestLog Log { get; }

        public FixtureStore Store { get; } = new();

        public KindFeed Feed { get; } = new();

        public DetectStage Stage { get; private set; } = null!;

        public void Restart()
        {
            _pump?.Dispose();
            Stage = new DetectStage(Store.Stored);
            Stage.Offer(RuleBench.Load(_rules, out _)!);
            var parts = new StorePumpParts { Detector = Stage, Feeds = [Feed, Stage] };
            _pump = new StorePump(Log, Store, s_options, parts, TimeProvider.System);
        }

        public void Append(ulong sequence, ulong firstId, int count) => Assert.True(
            Log.TryAppend(s_lane, PackedFlows.Batch(s_lane.Lane, sequence, firstId, count)));

        public void Run()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            _pump!.Run(new CancellationToken(true), limit.Token);
            Assert.True(_pump.IsDrained);
        }

        public long Count(string reason) => _pump!.Ledger().Single(line => line.Reason == reason).Count;

        public void Dispose()
        {
            _pump?.Dispose();
            Log.Dispose();
            Store.Dispose();
            _folder.Dispose();
        }
    }

    private sealed class KindFeed : IRecordFeed
    {
        public List<string> Kinds { get; } = [];

        public void Publish(in StoreBatch batch)
        {
            foreach (var record in new RecordWalker(batch.Records)) Kinds.Add(record.Schema.Info.Name);
        }
    }
}
