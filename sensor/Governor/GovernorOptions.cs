namespace NetSniff.Sensor.Governor;

/// <summary>What to do first when a limit is reached: where the ladder's first step down leads.</summary>
public enum OnOverload : byte { SampleFlows, HeadersOnly, FlowsOnly }

/// <summary>How much the sensor may use, and how soon it gives way.</summary>
public sealed record GovernorOptions
{
    /// <summary>CPUs; 0 for as many as there are.</summary>
    public double CpuMax { get; init; }

    /// <summary>Bytes; 0 for as many as there are.</summary>
    public long MemoryBytesMax { get; init; }

    /// <summary>Packets a second; 0 for no bound.</summary>
    public long PacketRateMax { get; init; }

    public OnOverload OnOverload { get; init; }

    /// <summary>Observations over budget in a row before a step down.</summary>
    public int OverBeforeDown { get; init; } = 2;

    /// <summary>At so many times the budget, or when packets are being lost, one is enough.</summary>
    public double AtOnceAbove { get; init; } = 1.5;

    /// <summary>The share of every budget below which a step up may be tried.</summary>
    public double UpBelow { get; init; } = 0.7;

    /// <summary>How long the load must stay below before the first step up. After a step up that did not last it is
    /// twice as long, up to <see cref="UpAfterMax"/>.</summary>
    public TimeSpan UpAfter { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan UpAfterMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A step up that lasted so long was right, and the next one waits no longer than the first.</summary>
    public TimeSpan UpHolds { get; init; } = TimeSpan.FromMinutes(5);
}
