using NetSniff.Pipeline;
using NetSniff.Wire.Health;

namespace NetSniff.Sensor.Governor;

/// <param name="Offered">Packets that came, the lost among them, since the capture began.</param>
public readonly record struct PacketTally(long Offered, long Lost);

/// <summary>Watches what the sensor uses and turns the dial.</summary>
public sealed class GovernorLoop : IMetricSource
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private SensorGovernor _governor;
    private GovernorOptions _options;
    private readonly DepthDial _dial;
    private readonly Func<PacketTally> _packets;
    private readonly Func<OwnUse> _use;
    private readonly Action<GovernorStep> _say;
    private readonly TimeProvider _clock;
    private readonly Dictionary<(string Direction, string Resource), long> _steps = [];
    private readonly Lock _lock = new();
    private long _lastTicks;
    private OwnUse _lastUse;
    private PacketTally _lastPackets;

    /// <param name="packets">Asked once a second, from a thread of its own.</param>
    /// <param name="say">Told of each step, for the log.</param>
    /// <param name="use">What the process uses; the process itself unless a test says otherwise.</param>
    public GovernorLoop(
        GovernorOptions options, DepthDial dial, Func<PacketTally> packets, Action<GovernorStep> say,
        TimeProvider? clock = null, Func<OwnUse>? use = null)
    {
        ArgumentNullException.ThrowIfNull(packets);
        (_options, _dial, _packets, _say) = (options, dial, packets, say);
        (_governor, _clock, _use) = (new SensorGovernor(options), clock ?? TimeProvider.System, use ?? OwnUse.Read);
        (_lastTicks, _lastUse, _lastPackets) = (_clock.GetTimestamp(), _use(), packets());
    }

    /// <summary>Looks once a second until told to stop.</summary>
    public async Task RunAsync(Heartbeat? heartbeat, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                Look();
                heartbeat?.Beat();
            }
        }
        catch (OperationCanceledException)
        {
            heartbeat?.End();
        }
    }

    /// <summary>Another budget. It stands where it stood, and steps from there.</summary>
    public void Change(GovernorOptions options)
    {
        lock (_lock)
        {
            if (options == _options) return;

            _options = options;
            _governor = new SensorGovernor(options, _governor.Depth);
            _dial.Depth = _governor.Depth;
        }
    }

    /// <summary>One observation, and the step that follows from it.</summary>
    public void Look()
    {
        var (ticks, use, packets) = (_clock.GetTimestamp(), _use(), _packets());
        var passed = _clock.GetElapsedTime(_lastTicks, ticks);
        if (passed <= TimeSpan.Zero) return;

        var sample = new LoadSample(
            _clock.GetElapsedTime(0, ticks).Ticks * 100, (use.Cpu - _lastUse.Cpu) / passed, use.MemoryBytes,
            (packets.Offered - _lastPackets.Offered) / passed.TotalSeconds, packets.Lost - _lastPackets.Lost);
        (_lastTicks, _lastUse, _lastPackets) = (ticks, use, packets);
        GovernorStep? step;
        lock (_lock)
        {
            step = _governor.Observe(in sample);
            if (step is null) return;

            var key = (step.IsDown ? "down" : "up", step.Resource);
            _steps[key] = _steps.GetValueOrDefault(key) + 1;
        }

        _dial.Depth = step.To;
        _say(step);
    }

    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        lock (_lock)
        {
            foreach (var depth in Ladder.For(_options.OnOverload))
            {
                sink.Add(Metrics.GovernorRung, depth == _governor.Depth ? 1 : 0, Ladder.NameOf(depth));
            }

            foreach (var ((direction, resource), count) in _steps)
            {
                sink.Add(Metrics.GovernorSteps, count, direction, resource);
            }

            sink.Add(Metrics.GovernorLoad, _governor.Load);
            if (_options.MemoryBytesMax > 0) sink.Add(Metrics.MemoryLimit, _options.MemoryBytesMax);
            if (_options.CpuMax > 0) sink.Add(Metrics.CpuLimit, _options.CpuMax);
        }
    }
}
