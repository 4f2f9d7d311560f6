using NetSniff.Config;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
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
    private readonly PatternTally _patterns = new();
    private List<RecordGate> _gates = [];
    private Plan _plan = new(null, 1, null);
    private GatePlan _gatePlan = GatePlan.Open;
    private CaptureWish? _capture;
    private TargetsConfig _targets = new();
    private IReadOnlyCollection<Address> _own = [];

    /// <param name="dial">The governor's.</param>
    /// <param name="limits">What holds where the configuration says nothing.</param>
    public SensorSteering(DepthDial dial, CgroupLimits limits) => (_dial, _limits) = (dial, limits);

    private sealed record Plan(ShardSettings? Settings, int OneIn, FlowTargets? Targets);

    /// <summary>Told when the budget is another. The governor goes on from where it stands.</summary>
    public Action<GovernorOptions>? BudgetChanged { get; init; }

    /// <summary>Has frames taken in another way, or says why that is not possible. Asked once captures are open.
    /// </summary>
    public Func<CaptureWish, string?>? ChangeCapture { get; init; }

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

    /// <summary>Captures are open with this: another wish is a change from now on.</summary>
    public void Opened(CaptureWish wish)
    {
        lock (_lock) _capture = wish;
    }

    /// <summary>The machine's own addresses, which may be others than before.</summary>
    public void SetOwn(IReadOnlyCollection<Address> own)
    {
        lock (_lock)
        {
            if (own.SequenceEqual(_own)) return;

            _own = own;
            Volatile.Write(ref _plan, _plan with { Targets = TargetsOf(_targets, own) });
        }
    }

    /// <summary>What all gates counted.</summary>
    public IEnumerable<LedgerLine> Ledger()
    {
        lock (_lock) return [.. _gates.SelectMany(gate => gate.Counters.Ledger()), .. _patterns.Ledger()];
    }

    /// <summary>Called by a shard's own thread before each batch.</summary>
    public void Before(Shard shard)
    {
        ArgumentNullException.ThrowIfNull(shard);
        var plan = Volatile.Read(ref _plan);
        if (!ReferenceEquals(shard.Settings, plan.Settings)) shard.Settings = plan.Settings;
        shard.Targets = plan.Targets;
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
            var wish = CaptureWish.Of(config);
            if (_capture is not null && _capture != wish)
            {
                var why = ChangeCapture is null
                    ? "another filter needs a new start of the sensor"
                    : ChangeCapture(wish);
                if (why is not null) return [new ConfigProblem(PathOf(_capture, wish), why)];

                _capture = wish;
            }

            _gatePlan = GatePlan.For(config, _patterns);
            foreach (var gate in _gates) gate.Plan = _gatePlan;
            var oneIn = config.Capture.Sampling.Mode == SamplingMode.Flow ? config.Capture.Sampling.OneIn : 1;
            // The same targets again are the same set: no flow has to be asked about.
            var targets = IsSame(config.Targets, _targets) ? _plan.Targets : TargetsOf(config.Targets, _own);
            _targets = config.Targets;
            Volatile.Write(ref _plan, new Plan(SettingsOf(config), oneIn, targets));
            if (Packets is var (keeping, asked)) keeping.Change(PacketPlan.For(config, asked));
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
        Ports = PortsOf(config.Protocols),
        TcpEstablishedIdleMax = Span(config.Flows.TcpEstablishedIdleMax),
        TcpHalfOpenIdleMax = Span(config.Flows.TcpHalfOpenIdleMax),
        TcpClosedIdleMax = Span(config.Flows.TcpClosedIdleMax),
        DatagramIdleMax = Span(config.Flows.DatagramIdleMax),
        OtherIdleMax = Span(config.Flows.OtherIdleMax),
        ActiveMax = Span(config.Flows.ActiveMax),
    };

    /// <summary>Two names of one parser ask about the ports of both; one that names none asks about all.</summary>
    private static Dictionary<string, IReadOnlyList<int>> PortsOf(IReadOnlyList<ProtocolConfig> protocols) => protocols
        .GroupBy(static one => ConfigReader.ProtocolOf(one.Name), StringComparer.OrdinalIgnoreCase)
        .Where(static group => group.All(static one => one.Ports.Count > 0))
        .ToDictionary(
            static group => group.Key,
            static IReadOnlyList<int> (group) => [.. group.SelectMany(static one => one.Ports)],
            StringComparer.OrdinalIgnoreCase);

    private static string PathOf(CaptureWish before, CaptureWish wish) =>
        before with { Filter = wish.Filter } == wish ? "capture.bpfFilter" : "capture";

    private static bool IsSame(TargetsConfig left, TargetsConfig right) =>
        left.Mode == right.Mode && left.HostTraffic == right.HostTraffic
        && left.Addresses.SequenceEqual(right.Addresses) && left.ExcludeCidrs.SequenceEqual(right.ExcludeCidrs);

    /// <returns>Null for everybody.</returns>
    private static FlowTargets? TargetsOf(TargetsConfig targets, IReadOnlyCollection<Address> own)
    {
        if (targets is { Mode: TargetsMode.All, HostTraffic: true, ExcludeCidrs.Count: 0 }) return null;

        var addresses = targets.Addresses.Select(AddressOf).ToList();
        var isListed = targets.Mode == TargetsMode.Listed;
        return new FlowTargets(
            isListed ? addresses : null, targets.ExcludeCidrs.Select(NetworkOf), targets.HostTraffic,
            isListed ? [] : addresses, own);
    }

    // Checked when they were read.
    private static Address AddressOf(string text) =>
        TargetsConfig.TryParse(text, out Address parsed) ? parsed : throw new ArgumentException($"no address: {text}");

    private static Network NetworkOf(string text) =>
        TargetsConfig.TryParse(text, out Network parsed) ? parsed : throw new ArgumentException($"no network: {text}");

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
