using NetSniff.Pipeline;

namespace NetSniff.Wire.Health;

/// <summary>What a program says of itself: loops that go round, conditions that hold, ledgers and metrics.</summary>
/// <remarks>Parts register themselves when the program is put together; the listener asks them when it is asked.
/// </remarks>
public sealed class HealthBoard
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private List<Heartbeat> _loops = [];
    private List<Condition> _conditions = [];
    private List<IMetricSource> _sources = [];
    private List<Func<IEnumerable<LedgerLine>>> _ledgers = [];
    private long _overflow;
    private long _failures;

    /// <param name="program">`sensor`, `worker`, `netsniff`.</param>
    public HealthBoard(string program, string version, TimeProvider? clock = null)
    {
        (Program, Version, _clock) = (program, version, clock ?? TimeProvider.System);
        Add(new RuntimeMetrics());
    }

    public string Program { get; }

    public string Version { get; }

    public IReadOnlyList<Heartbeat> Loops => Volatile.Read(ref _loops);

    public IReadOnlyList<Condition> Conditions => Volatile.Read(ref _conditions);

    public bool IsLive => Loops.All(loop => loop.IsAlive);

    /// <summary>Every condition holds, and there is one: a program that has not said what it needs is not ready.
    /// </summary>
    public bool IsReady => Conditions is { Count: > 0 } all && all.All(condition => condition.State.Holds);

    /// <param name="ageMax">A loop not heard of for longer is dead, and so is the program.</param>
    public Heartbeat AddLoop(string name, TimeSpan ageMax)
    {
        var loop = new Heartbeat(name, ageMax, _clock);
        lock (_lock) Volatile.Write(ref _loops, [.. _loops, loop]);
        return loop;
    }

    public Condition AddCondition(string name)
    {
        var condition = new Condition(name);
        lock (_lock) Volatile.Write(ref _conditions, [.. _conditions, condition]);
        return condition;
    }

    public void Add(IMetricSource source)
    {
        lock (_lock) Volatile.Write(ref _sources, [.. _sources, source]);
    }

    /// <summary>A stage's own account, read at each scrape.</summary>
    public void AddLedger(Func<IEnumerable<LedgerLine>> ledger)
    {
        lock (_lock) Volatile.Write(ref _ledgers, [.. _ledgers, ledger]);
    }

    /// <summary>The account of all stages; lines of the same name, from several shards, are one.</summary>
    public IReadOnlyList<LedgerLine> Ledger()
    {
        var sums = LedgerSums.Of(Volatile.Read(ref _ledgers).SelectMany(ReadLedger));

        // Only once there were any: most programs have no use for it.
        if (Volatile.Read(ref _failures) is var failures and > 0)
        {
            sums[("health", "sources that failed")] = new("health", "sources that failed", failures, false);
        }

        return [.. sums.Values];
    }

    /// <summary>Asks every source once.</summary>
    public MetricSink Scrape()
    {
        var sink = new MetricSink();
        sink.Add(Metrics.BuildInfo, 1, Program, Version);
        if (Program == "sensor") sink.Add(Metrics.SensorReady, IsReady ? 1 : 0);
        if (Program == "worker") sink.Add(Metrics.WorkerReady, IsReady ? 1 : 0);
        foreach (var loop in Loops) sink.AddLargest(Metrics.LoopAge, loop.Age.TotalSeconds, loop.Name);
        foreach (var condition in Conditions)
        {
            sink.AddLargest(Metrics.ConditionHolds, condition.State.Holds ? 1 : 0, condition.Name);
        }

        foreach (var line in Ledger())
        {
            sink.Add(Metrics.Ledger, line.Count, line.Stage, line.Reason, line.IsLoss ? "true" : "false");
        }

        foreach (var source in Volatile.Read(ref _sources)) Guard(() => source.Read(sink));
        sink.Add(Metrics.SeriesOverflow, Interlocked.Add(ref _overflow, sink.Overflow));
        return sink;
    }

    private List<LedgerLine> ReadLedger(Func<IEnumerable<LedgerLine>> ledger)
    {
        List<LedgerLine> lines = [];
        Guard(() => lines.AddRange(ledger()));
        return lines;
    }

    /// <summary>One part that fails must not hide what all others say, least of all when something is broken.</summary>
    private void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Interlocked.Increment(ref _failures);
        }
    }
}
