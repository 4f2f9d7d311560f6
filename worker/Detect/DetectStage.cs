using NetSniff.Buffers;
using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Detect;

/// <summary>Stands between naming and storing: what is found in a batch goes into the store with it, under its name, so
/// that findings are stored as often as their batch is, which is once.</summary>
/// <remarks>The store's thread only, but for what says otherwise. What the rules remember is in memory: after a start
/// it is made again of what the store holds (<see cref="WarmUp"/>), see ADR 46.</remarks>
public sealed class DetectStage : IBatchDetector, IRecordFeed
{
    /// <summary>Batches with findings between the store and its commit. With more, those of before are stored all the
    /// same, and lost only if the store fails just then: counted.</summary>
    private const int KeptMax = 1 << 16;

    private readonly DetectionRun _run;
    private readonly IReadOnlyDictionary<LaneId, ulong> _stored;
    private readonly Dictionary<LaneId, ulong> _looked = [];
    private readonly Dictionary<(LaneId Lane, ulong Sequence), (byte[] Findings, int Count)> _kept = [];
    private readonly ByteWriter _joined = new(1 << 16);
    private RuleSet? _rules;
    private RuleSet? _offered;
    private long _again;
    private long _unkept;

    /// <param name="stored">The last batch of each lane that the store has.</param>
    public DetectStage(IReadOnlyDictionary<LaneId, ulong> stored)
    {
        _stored = stored.ToDictionary();
        _run = new DetectionRun(Detectors.All.Select(static make => make()));
    }

    /// <summary>Shown what was found, on the store's thread, before it is stored.</summary>
    public IReadOnlyList<RecordConsumer> FoundBy { get; set; } = [];

    /// <summary>The rules in force; null before the first. Any thread may ask.</summary>
    public RuleSet? Rules => Volatile.Read(ref _rules);

    /// <summary>Puts rules in force before the next batch. Any thread.</summary>
    public void Offer(RuleSet rules) => Volatile.Write(ref _offered, rules);

    /// <summary>Shows the rules what the store has of the last so long, and forgets what they say: it is stored
    /// already. Before the first batch.</summary>
    /// <returns>Records that were shown.</returns>
    public long WarmUp(IRecordStore store, TimeSpan span, int countMax)
    {
        ArgumentNullException.ThrowIfNull(store);
        TakeOffered();
        var newest = store.Counts.NewestNanos;
        if (Rules is not { Count: > 0 } rules || newest == 0) return 0;

        var records = new WarmingUp(_run);
        var since = Math.Max(1, newest - span.Ticks * TimeSpan.NanosecondsPerTick);
        store.Read(new RecordQuery { SinceNanos = since, CountMax = countMax, IsLast = true }, records, default);
        rules.ForgetCounts();
        return records.Count;
    }

    public StoreBatch Detect(scoped in StoreBatch batch)
    {
        TakeOffered();
        var key = (batch.Lane, batch.Sequence);
        if (_kept.TryGetValue(key, out var kept)) return Joined(in batch, kept.Findings, kept.Count);

        // Stored already, or looked at before the store failed: neither may be counted twice.
        if (_stored.GetValueOrDefault(batch.Lane) >= batch.Sequence
            || _looked.GetValueOrDefault(batch.Lane) >= batch.Sequence)
        {
            Volatile.Write(ref _again, _again + 1);
            return batch;
        }

        _looked[batch.Lane] = batch.Sequence;
        _run.Run(batch.Records, PositionOf(batch.Lane, batch.Sequence));
        if (_run.FindingsCount == 0) return batch;

        foreach (var one in FoundBy) one.Consume(_run.Findings, _run.FindingsCount);
        if (_kept.Count >= KeptMax)
        {
            Volatile.Write(ref _unkept, _unkept + _kept.Count);
            _kept.Clear();
        }

        _kept[key] = (_run.Findings.ToArray(), _run.FindingsCount);
        return Joined(in batch, _run.Findings, _run.FindingsCount);
    }

    /// <summary>It is committed, and so is what came before it in its lane or was refused.</summary>
    public void Publish(in StoreBatch batch)
    {
        if (_kept.Count == 0) return;

        var (lane, sequence) = (batch.Lane, batch.Sequence);
        foreach (var key in _kept.Keys)
        {
            if (key.Lane == lane && key.Sequence <= sequence) _kept.Remove(key);
        }
    }

    /// <summary>Any thread may ask.</summary>
    public IEnumerable<LedgerLine> Ledger() =>
    [
        .. _run.Ledger(),
        new LedgerLine("detect", "batches that came again", Volatile.Read(ref _again), false),
        new LedgerLine("detect", "batches whose findings are not kept for a retry", Volatile.Read(ref _unkept), false),
    ];

    private StoreBatch Joined(scoped in StoreBatch batch, ReadOnlySpan<byte> findings, int count)
    {
        _joined.Clear();
        _joined.Put(batch.Records);
        _joined.Put(findings);
        return new StoreBatch
        {
            Lane = batch.Lane, Sequence = batch.Sequence, Records = _joined.Written, Count = batch.Count + count,
        };
    }

    private void TakeOffered()
    {
        if (Interlocked.Exchange(ref _offered, null) is not { } rules) return;

        if (_rules is { } before) rules.TakeOver(before);
        _run.Replace([rules, .. Detectors.All.Select(static make => make())]);
        Volatile.Write(ref _rules, rules);
    }

    /// <summary>The same for the same batch on every worker: part of what findings are called.</summary>
    private static ulong PositionOf(LaneId lane, ulong sequence)
    {
        // FNV-1a; batches have at most some ten thousand records, so positions of two do not meet but by chance.
        var hash = 14_695_981_039_346_656_037ul;
        const ulong prime = 1_099_511_628_211;
        foreach (var letter in lane.Sensor) hash = (hash ^ letter) * prime;
        foreach (var letter in lane.Lane) hash = (hash ^ letter) * prime;
        for (var rest = sequence; rest > 0; rest >>= 8) hash = (hash ^ (rest & 0xff)) * prime;
        return hash;
    }

    private sealed class WarmingUp(DetectionRun run) : RecordConsumer
    {
        public long Count { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            run.Run(records, 0);
            Count += count;
        }
    }
}
