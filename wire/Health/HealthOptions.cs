using System.Net;

namespace NetSniff.Wire.Health;

/// <summary>Who may look inside the program: names of methods, sizes of queues, where time goes.</summary>
public enum DebugAccess : byte
{
    /// <summary>Who asks from this machine, under its own name.</summary>
    Local,

    /// <summary>Whoever reaches the port.</summary>
    Anyone,

    Nobody,
}

/// <summary>Where a program tells how it is.</summary>
public sealed record HealthOptions
{
    public const int PortDefault = 9464;

    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0 for any that is free.</summary>
    public int Port { get; init; } = PortDefault;

    public DebugAccess Debug { get; init; } = DebugAccess.Local;
}
