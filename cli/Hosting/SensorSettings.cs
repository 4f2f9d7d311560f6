using System.Net;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Governor;
using NetSniff.Sensor.Keeping;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Hosting;

/// <summary>What a sensor's command line says.</summary>
internal sealed record SensorSettings
{
    public required string Node { get; init; }

    /// <summary>Holds the spool.</summary>
    public required string Folder { get; init; }

    public WorkersChoice Workers { get; init; } = new();

    /// <summary>The cluster that a service of theirs is in.</summary>
    public ClusterSettings? Cluster { get; init; }

    public required CertificatePaths Certificates { get; init; }

    /// <summary>What the workers' certificates are made out to, where that is not each worker's own name.</summary>
    public string? ServerName { get; init; }

    /// <summary>Null for none.</summary>
    public IPEndPoint? Health { get; init; } = new(IPAddress.Loopback, HealthOptions.PortDefault);

    public LiveOptions Live { get; init; } = new() { Interfaces = [LiveOptions.AnyInterface] };

    public string Backend { get; init; } = Captures.AnyBackend;

    /// <summary>Capture files to ship instead of what passes the interfaces.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    public long SpoolBytesMax { get; init; } = 1L << 30;

    /// <summary>How long the end waits for what workers have not yet taken.</summary>
    public TimeSpan DrainMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where sensor.json is looked for; null for what a configuration that says nothing means.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>Where the newest plan is kept, whichever way it came; null for what lies in <see cref="ConfigFolder"/>
    /// and nothing else.</summary>
    public string? PlanFolder { get; init; }

    /// <summary>Null for none.</summary>
    public AttendingSettings? Operator { get; init; }

    /// <summary>The rolling store of raw packets, where the configuration says nothing of its size.</summary>
    public PacketWish Packets { get; init; } = PacketWish.None;

    public GovernorOptions Budget { get; init; } = new();
}
