using System.CommandLine;
using NetSniff.Cli.Hosting;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Commands.Workers;

/// <summary>What the command line of a worker may say.</summary>
internal sealed class WorkerArguments
{
    private const long StoreBytesMin = 256L << 20;

    private static readonly WorkerSettings s_otherwise =
        new() { Name = Environment.MachineName, Folder = "", Certificates = CertificatePaths.In("") };

    private readonly Option<string?> _name = TextOption.Of(
        "--name", "NAME", "What the worker is called, the same after every start.");

    private readonly Option<string?> _data = TextOption.Of("--data", "FOLDER", "Where the log and the store are.");
    private readonly Option<string?> _tls = TextOption.Of(
        "--tls", "FOLDER", "Holds ca.crt, tls.crt and tls.key; read again when they change.");

    private readonly Option<string?> _token = TextOption.Of(
        "--token-file", "FILE", "Secret that lets people ask who have no certificate.");

    private readonly Option<string?> _names = TextOption.Of(
        "--names", "FILE", "YAML that says which pod, service or host an address was (docs/identity.md).");

    private readonly Option<bool> _kubernetes = new("--kubernetes")
    {
        Description = "Ask the cluster's API server for that instead.",
    };

    private readonly ClusterOptions _cluster = new();
    private readonly Option<string?> _workers = TextOption.Of(
        "--workers", "LIST", "Query ports of all workers: NAME=HOST:PORT,...");

    private readonly Option<string?> _workersFile = TextOption.Of(
        "--workers-file", "FILE", "The same from a file that may change.");

    private readonly Option<string?> _workersService = TextOption.Of(
        "--workers-service", "NAMESPACE/NAME[:PORT]", "The ready pods behind a service of a cluster.");

    private readonly Option<string?> _keep = TextOption.Of("--keep", "AGE", "How long records are kept (7d).");
    private readonly Option<string?> _storeBytes = TextOption.Of(
        "--store-bytes", "SIZE", "How much they may take on disk (50Gi).");

    private readonly EndpointOption _ingest = new("--listen", "Where sensors connect", s_otherwise.Ingest);
    private readonly EndpointOption _query = new("--query", "Where questions are asked", s_otherwise.Query);
    private readonly EndpointOption _health = new("--health", "Health and metrics, or off", s_otherwise.Health);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])
        [
            _name, _data, _tls, _token, _names, _kubernetes, _workers, _workersFile, _workersService, _keep,
            _storeBytes, _ingest.Option, _query.Option, _health.Option,
        ]) command.Add(option);
        _cluster.AddTo(command);
    }

    /// <exception cref="UsageException">Something of it cannot be understood, or is missing.</exception>
    public WorkerSettings Read(ParseResult result)
    {
        var workers = new WorkersChoice(
            result.GetValue(_workers), result.GetValue(_workersFile), result.GetValue(_workersService));
        var isNamedByCluster = result.GetValue(_kubernetes);
        return s_otherwise with
        {
            Name = result.GetValue(_name) ?? s_otherwise.Name,
            Folder = TextOption.Required(result, _data),
            Certificates = CertificatePaths.In(TextOption.Required(result, _tls)),
            TokenFile = result.GetValue(_token),
            IdentityFile = result.GetValue(_names),
            IsNamedByCluster = isNamedByCluster,
            Cluster = _cluster.Read(
                result, isNamedByCluster || workers.Service is not null,
                $"{_kubernetes.Name} or {_workersService.Name}"),
            Workers = workers,
            AgeMax = Durations.ParseOption(_keep.Name, result.GetValue(_keep)) ?? s_otherwise.AgeMax,
            StoreBytesMax = ByteSizes.ParseOption(_storeBytes.Name, result.GetValue(_storeBytes), StoreBytesMin)
                ?? s_otherwise.StoreBytesMax,
            Ingest = _ingest.Read(result)!,
            Query = _query.Read(result)!,
            Health = _health.Read(result, mayBeOff: true),
        };
    }
}
