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

    /// <summary>Holds the log, and the store that is not elsewhere.</summary>
    public required string Folder { get; init; }

    public IPEndPoint Ingest { get; init; } = new(IPAddress.Any, IngestPortDefault);

    public IPEndPoint Query { get; init; } = new(IPAddress.Any, Wire.Querying.QueryEndpoint.PortDefault);

    /// <summary>Null for none.</summary>
    public IPEndPoint? Health { get; init; } = new(IPAddress.Loopback, HealthOptions.PortDefault);

    public required CertificatePaths Certificates { get; init; }

    public string? TokenFile { get; init; }

    /// <summary>Secret of those who may have raw packets as well.</summary>
    public string? PacketsTokenFile { get; init; }

    /// <summary>Names of certificates that may.</summary>
    public IReadOnlySet<string> PacketsFor { get; init; } = new HashSet<string>();

    /// <summary>Tokens of the cluster let in, and its roles say to what.</summary>
    public bool IsAuthorizedByCluster { get; init; }

    /// <summary>YAML that says whose addresses are whose.</summary>
    public string? IdentityFile { get; init; }

    /// <summary>The API server says it.</summary>
    public bool IsNamedByCluster { get; init; }

    /// <summary>Holds worker.json; null for none.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>Holds detection rules; null for none.</summary>
    public string? RulesFolder { get; init; }

    /// <summary>Where the newest plan is kept, whichever way it came; null for what lies in <see cref="ConfigFolder"/>
    /// and <see cref="RulesFolder"/> and nothing else.</summary>
    public string? PlanFolder { get; init; }

    /// <summary>Null for none.</summary>
    public AttendingSettings? Operator { get; init; }

    /// <summary>The cluster that names or workers come from; null where neither does.</summary>
    public ClusterSettings? Cluster { get; init; }

    /// <summary>Query ports of all workers, this one among them.</summary>
    public WorkersChoice Workers { get; init; } = new();

    public StoreSettings Store { get; init; } = new();

    /// <summary>Where each hour is written as Parquet when it is over; null for nowhere.</summary>
    public string? Lake { get; init; }
}
