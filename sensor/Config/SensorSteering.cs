using NetSniff.Config;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Governor;
using NetSniff.Sensor.Keeping;
using NetSniff.Sensor.Redaction;

namespace NetSniff.Sensor.Config;

/// <summary>Puts a configuration in force while the sensor runs: what shards read, what leaves, what may be used.
/// </summary>
/// <remarks>Shards take over with their next batch, gates with their next arena. Nothing is stopped for it and no
/// packet waits.</remarks>
public sealed class SensorSteering
{
    private readonly CgroupLimits _limits;
    private readonly Lock _lock = new();
    private readonly DepthDial _dial;
    private List<RecordGate> _gates = [];
    private Plan _plan = new(null, 1);
    private GatePlan _gatePlan = GatePlan.Open;
    private string? _filter;

    /// <param name="dial">The governor's.</param>
    /// <param name="limits">What holds where the configuration says nothing.</param>
    public SensorSteering(DepthDial dial, CgroupLimits limits) => (_dial, _limits) = (dial, limits);

    private sealed record Plan(ShardSettings? Settings, int OneIn);

    /// <summary>Told when the budget is another. The governor goes on from where it stands.</summary>
    public Action<GovernorOptions>? BudgetChanged { get; init; }

    /// <summary>Puts another capture filter in force, or says why that is not possible. Asked once captures are open.
    /// </summary>
    public Func<string, string?>? ChangeFilter { get; init; }

    /// <summary>What somebody asked for beside the governor: less depth for a while.</summary>
    public DepthFloor Floor { get; init; } = new();

    /// <summary>What the governor allows, or less where somebody asked for that.</summary>
    public ShardDepth Depth
    {
        get
        {
            var (allowed, asked) = (_dial.Depth, Floor.Depth);
            return Ladder.IsAbove(allowed, asked) ? asked : allowed;
        }
    }

    /// <summary>The raw packets, and what the command line says of them; null where none are kept.</summary>
    public (PacketKeeping Keeping, PacketWish Wish)? Packets { get; init; }

    /// <summary>Stands before a shard's export from now on, with whatever plan is in force.</summary>
    public RecordGate NewGate(RecordConsumer next)
    {
        lock (_lock)
        {
            var gate = new RecordGate(next) { Plan = _gatePlan };
            _gates = [.. _gates, gate];
            return gate;
        }
    }

    /// <summary>Captures are open with this filter: another one is a change from now on.</summary>
    public void Opened(string filter)
    {
        lock (_lock) _filter = filter;
    }

    /// <summary>What all gates counted.</summary>
    public IEnumerable<LedgerLine> Ledger()
    {
        lock (_lock) return [.. _gates.SelectMany(gate => gate.Counters.Ledger())];
    }

    /// <summary>Called by a shard's own thread before each batch.</summary>
    public void Before(Shard shard)
    {
        ArgumentNullException.ThrowIfNull(shard);
        var plan = Volatile.Read(ref _plan);
        if (!ReferenceEquals(shard.Settings, plan.Settings)) shard.Settings = plan.Settings;
        var depth = Deeper(Depth, plan.OneIn);
        if (shard.Depth != depth) shard.Depth = depth;
    }

    /// <summary>Puts it in force, all of it or nothing.</summary>
    /// <returns>Why not, if not.</returns>
    public IReadOnlyList<ConfigProblem> Apply(SensorConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        lock (_lock)
        {
            // First what may fail.
            if (_filter is not null && _filter != config.Capture.BpfFilter)
            {
                var why = ChangeFilter is null
                    ? "another filter needs a new start of the sensor"
                    : ChangeFilter(config.Capture.BpfFilter);
                if (why is not null) return [new ConfigProblem("capture.bpfFilter", why)];
            }

            if (_filter is not null) _filter = config.Capture.BpfFilter;
            _gatePlan = GatePlan.For(config);
            foreach (var gate in _gates) gate.Plan = _gatePlan;
            var oneIn = config.Capture.Sampling.Mode == SamplingMode.Flow ? config.Capture.Sampling.OneIn : 1;
            Volatile.Write(ref _plan, new Plan(SettingsOf(config), oneIn));
            if (Packets is var (keeping, wish)) keeping.Change(PacketPlan.For(config, wish));
            BudgetChanged?.Invoke(BudgetOf(config.Budget, _limits));
            return [];
        }
    }

    /// <summary>The budget of a configuration within the limits of the control group, a checked one.</summary>
    public static GovernorOptions BudgetOf(BudgetConfig budget, CgroupLimits limits)
    {
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(limits);
        var cpus = Quantity.TryParse(budget.Cpu, out var cpu) && cpu > 0 ? (double)cpu : double.PositiveInfinity;
        var bytes = Quantity.TryParse(budget.Memory, out var memory) && memory > 0
            ? (long)Math.Min(memory, long.MaxValue)
            : long.MaxValue;
        cpus = Math.Min(cpus, limits.Cpus ?? double.PositiveInfinity);
        bytes = Math.Min(bytes, limits.MemoryBytes ?? long.MaxValue);
        return new GovernorOptions
        {
            CpuMax = double.IsFinite(cpus) ? cpus : 0,
            MemoryBytesMax = bytes == long.MaxValue ? 0 : bytes,
            PacketRateMax = budget.MaxPacketsPerSecond,
            OnOverload = Enum.Parse<OnOverload>(budget.OnOverload),
        };
    }

    private static ShardSettings SettingsOf(SensorConfig config) => new()
    {
        Protocols = [.. config.Protocols.Select(protocol => ConfigReader.ProtocolOf(protocol.Name))],
        TcpEstablishedIdleMax = Span(config.Flows.TcpEstablishedIdleMax),
        TcpHalfOpenIdleMax = Span(config.Flows.TcpHalfOpenIdleMax),
        TcpClosedIdleMax = Span(config.Flows.TcpClosedIdleMax),
        DatagramIdleMax = Span(config.Flows.DatagramIdleMax),
        OtherIdleMax = Span(config.Flows.OtherIdleMax),
        ActiveMax = Span(config.Flows.ActiveMax),
    };

    // Checked when it was read.
    private static TimeSpan Span(string text) =>
        Quantity.TryParseDuration(text, out var span) ? span : throw new ArgumentException($"no time: {text}");

    /// <summary>The governor's depth, or the sample that is asked for at any load, whichever does less.</summary>
    private static ShardDepth Deeper(ShardDepth depth, int oneIn) => depth.Rung switch
    {
        _ when oneIn <= 1 => depth,
        DepthRung.Full or DepthRung.SampledFlows => new(DepthRung.SampledFlows, Math.Max(oneIn, depth.OneIn)),
        _ => depth,
    };
}
