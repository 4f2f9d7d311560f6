using System.Net;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Hosting;

/// <summary>What a worker's command line says.</summary>
internal sealed record WorkerSettings
{
    /// <summary>Where sensors connect.</summary>
    public const int IngestPortDefault = 9466;

    public required string Name { get; init; }

    /// <summary>Holds the log and the store.</summary>
    public required string Folder { get; init; }

    public IPEndPoint Ingest { get; init; } = new(IPAddress.Any, IngestPortDefault);

    public IPEndPoint Query { get; init; } = new(IPAddress.Any, Wire.Querying.QueryEndpoint.PortDefault);

    /// <summary>Null for none.</summary>
    public IPEndPoint? Health { get; init; } = new(IPAddress.Loopback, HealthOptions.PortDefault);

    public required CertificatePaths Certificates { get; init; }

    public string? TokenFile { get; init; }

    /// <summary>YAML that says whose addresses are whose.</summary>
    public string? IdentityFile { get; init; }

    /// <summary>Holds worker.json; null for none.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>Query ports of all workers, this one among them, as text or in a file.</summary>
    public string? Workers { get; init; }

    public string? WorkersFile { get; init; }

    public TimeSpan AgeMax { get; init; } = TimeSpan.FromDays(7);

    public long StoreBytesMax { get; init; } = 50L << 30;
}
