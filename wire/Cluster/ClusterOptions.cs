using NetSniff.Wire.Security;

namespace NetSniff.Wire.Cluster;

/// <summary>How a member reaches its operator.</summary>
public sealed record ClusterOptions
{
    /// <summary>Common name and alternative name of the operator's certificate.</summary>
    public const string OperatorName = "netsniff-operator";

    public const int PortDefault = 9467;

    /// <summary>Host and port. Looked up again for every try: behind it are several replicas, and one leads.</summary>
    public required string Address { get; init; }

    /// <summary>Null for plain HTTP/2, which only tests and a loopback should ask for.</summary>
    public ClientSecurity? Security { get; init; }

    public TimeSpan ReportEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>However much is news, reports are so far apart.</summary>
    public TimeSpan ReportSpacing { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>An operator that says nothing for so long is gone, whatever its connection says.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>A connection, and the Welcome on it, take no longer.</summary>
    public TimeSpan GreetingMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause before another try, from the least to the most, by chance. After a few tries in vain both grow,
    /// to <see cref="PauseGrowthMax"/> times.</summary>
    public TimeSpan PauseMin { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan PauseMax { get; init; } = TimeSpan.FromMilliseconds(500);

    public int PauseGrowthMax { get; init; } = 8;

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
