using System.Globalization;
using NetSniff.Pipeline;

namespace NetSniff.Sensor.Governor;

/// <param name="Why">The budget that is exceeded, with figures; or that there is room again.</param>
public sealed record GovernorStep(ShardDepth From, ShardDepth To, bool IsDown, string Resource, string Why)
{
    /// <summary>One line for the log: which way, why, and what it costs.</summary>
    public string Text => $"{(IsDown ? "stepping down" : "stepping up")} from {Ladder.NameOf(From)} to "
        + $"{Ladder.NameOf(To)}: {Why}; {Ladder.CostOf(To)}";
}

/// <summary>Decides on which rung of the ladder a sensor stands. Observations in, steps out: no clock, no threads.
/// </summary>
/// <remarks>Down soon, up late, one rung at a time either way. It cannot know beforehand whether there is room for the
/// rung above: a step up is a trial, and one that fails makes the next wait twice as long. So a load that stays between
/// two rungs costs ever fewer changes. It has no step to "off": on the last rung every packet is still counted.
/// </remarks>
public sealed class SensorGovernor
{
    private readonly GovernorOptions _options;
    private readonly IReadOnlyList<ShardDepth> _ladder;
    private int _rung;
    private int _overInRow;
    private long _calmSinceNanos = long.MaxValue;
    private long _upNanos = long.MinValue;
    private long _waitNanos;

    /// <param name="from">Where it stands; on another ladder the rung that does no more.</param>
    public SensorGovernor(GovernorOptions options, ShardDepth from = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _ladder = Ladder.For(options.OnOverload);
        while (_rung < _ladder.Count - 1 && Ladder.IsAbove(_ladder[_rung], from)) _rung++;
        _waitNanos = Nanos(options.UpAfter);
    }

    public ShardDepth Depth => _ladder[_rung];

    /// <summary>Use by budget of what is nearest to its own, as of the last observation; 1 is at the budget.</summary>
    public double Load { get; private set; }

    /// <summary>How long the load must stay low before the next step up.</summary>
    public TimeSpan Wait => TimeSpan.FromTicks(_waitNanos / 100);

    /// <returns>The step to take, or null to stay.</returns>
    public GovernorStep? Observe(in LoadSample sample)
    {
        var (resource, load, why) = Worst(in sample);
        Load = load;
        if (_upNanos != long.MinValue && sample.Nanos - _upNanos >= Nanos(_options.UpHolds))
        {
            (_waitNanos, _upNanos) = (Nanos(_options.UpAfter), long.MinValue);
        }

        if (load >= 1 || sample.Lost > 0) return Over(in sample, resource, load, why);

        _overInRow = 0;
        if (load > _options.UpBelow)
        {
            _calmSinceNanos = long.MaxValue;
            return null;
        }

        _calmSinceNanos = Math.Min(_calmSinceNanos, sample.Nanos);
        if (_rung == 0 || sample.Nanos - _calmSinceNanos < _waitNanos) return null;

        _upNanos = sample.Nanos;
        _calmSinceNanos = long.MaxValue;
        return Step(-1, resource, $"every budget has been used by at most {Percent(_options.UpBelow)} for {Wait}");
    }

    private GovernorStep? Over(in LoadSample sample, string resource, double load, string why)
    {
        _calmSinceNanos = long.MaxValue;
        var isUrgent = load >= _options.AtOnceAbove || sample.Lost > 0;
        if (++_overInRow < _options.OverBeforeDown && !isUrgent) return null;

        _overInRow = 0;
        if (_rung == _ladder.Count - 1) return null;

        if (_upNanos != long.MinValue)
        {
            // The trial failed: what is above is too much for now.
            _waitNanos = Math.Min(2 * _waitNanos, Nanos(_options.UpAfterMax));
            _upNanos = long.MinValue;
        }

        return Step(1, resource, why);
    }

    private GovernorStep Step(int by, string resource, string why)
    {
        var from = Depth;
        _rung += by;
        return new GovernorStep(from, Depth, by > 0, resource, why);
    }

    /// <summary>The resource that is used most by its budget.</summary>
    private (string Resource, double Load, string Why) Worst(in LoadSample sample)
    {
        var cpu = Share(sample.Cpus, _options.CpuMax);
        var memory = Share(sample.MemoryBytes, _options.MemoryBytesMax);
        var packets = Share(sample.PacketRate, _options.PacketRateMax);
        if (sample.Lost > 0 && Math.Max(cpu, Math.Max(memory, packets)) < 1)
        {
            return ("loss", 1, $"{Number(sample.Lost)} packets were lost on the way in");
        }

        if (memory >= cpu && memory >= packets)
        {
            return ("memory", memory, $"{Mebibytes(sample.MemoryBytes)} MiB of memory are used and "
                + $"{Mebibytes(_options.MemoryBytesMax)} allowed");
        }

        return cpu >= packets
            ? ("cpu", cpu, $"{Number(sample.Cpus)} CPUs are used and {Number(_options.CpuMax)} allowed")
            : ("packets", packets, $"{Number(Math.Round(sample.PacketRate))} packets/s come and "
                + $"{Number(_options.PacketRateMax)} are allowed");
    }

    private static double Share(double used, double max) => max > 0 ? used / max : 0;

    private static long Nanos(TimeSpan span) => span.Ticks * 100;

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Mebibytes(long bytes) => Number(bytes >> 20);

    private static string Percent(double share) => $"{Number(100 * share)} %";
}
