using System.Net;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Security;

namespace NetSniff.Operator.Control;

/// <summary>Where members connect, and how the operator proves who it is.</summary>
public sealed record ControlOptions
{
    public IPEndPoint Listen { get; init; } = new(IPAddress.IPv6Any, ClusterOptions.PortDefault);

    /// <summary>Asks members for certificates. Null for plain HTTP/2, which only tests should ask for.</summary>
    public ServerSecurity? Security { get; init; }

    /// <summary>Whether this replica leads; only then are members taken in, and those there are sent away when it does
    /// no more. Asked often.</summary>
    public required Func<bool> IsLeader { get; init; }

    /// <summary>Whether this replica does not lead and may in a moment: members that come meanwhile are kept waiting
    /// rather than sent away, and need not find it again.</summary>
    public Func<bool> MayLeadSoon { get; init; } = static () => false;

    public string Version { get; init; } = "";

    /// <summary>A member that has nothing to be told is told that the operator is there.</summary>
    public TimeSpan BeatEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A member that says nothing for so long is gone, whatever its connection says.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(8);

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
