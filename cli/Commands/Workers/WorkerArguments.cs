using System.CommandLine;
using NetSniff.Cli.Hosting;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Commands.Workers;

/// <summary>What the command line of a worker may say.</summary>
internal sealed class WorkerArguments
{
    private static readonly WorkerSettings s_otherwise =
        new() { Name = Environment.MachineName, Folder = "", Certificates = CertificatePaths.In("") };

    private readonly Option<string?> _name = TextOption.Of(
        "--name", "NAME", "What the worker is called, the same after every start.");

    private readonly Option<string?> _data = TextOption.Of("--data", "FOLDER", "Where the log and the store are.");
    private readonly Option<string?> _tls = TextOption.Of(
        "--tls", "FOLDER", "Holds ca.crt, tls.crt and tls.key; read again when they change.");

    private readonly Option<string?> _token = TextOption.Of(
        "--token-file", "FILE", "Secret that lets people ask who have no certificate.");

    private readonly Option<string?> _packetsToken = TextOption.Of(
        "--packets-token-file", "FILE", "Secret that also lets have raw packets (docs/packets.md).");

    private readonly Option<string?> _packetsFor = TextOption.Of(
        "--packets-for", "NAMES", "Certificates that may have raw packets, by name: alice,bob.");

    private readonly Option<string?> _authorize = TextOption.Of(
        "--authorize", "kubernetes", "Let in with tokens of the cluster, to what its roles allow (docs/access.md).");

    private readonly Option<string?> _names = TextOption.Of(
        "--names", "FILE", "YAML that says which pod, service or host an address was (docs/identity.md).");

    private readonly Option<bool> _kubernetes = new("--kubernetes")
    {
        Description = "Ask the cluster's API server for that instead.",
    };

    private readonly Option<string?> _rules = TextOption.Of(
        "--rules", "DIR", "Detection rules, read again when they change (docs/rules.md).");

    private readonly ClusterOptions _cluster = new();
    private readonly Option<string?> _workers = TextOption.Of(
        "--workers", "LIST", "Query ports of all workers: NAME=HOST:PORT,...");

    private readonly Option<string?> _workersFile = TextOption.Of(
        "--workers-file", "FILE", "The same from a file that may change.");

    private readonly Option<string?> _workersService = TextOption.Of(
        "--workers-service", "NAMESPACE/NAME[:PORT]", "The ready pods behind a service of a cluster.");

    private readonly MemberOptions _member = new(hasClass: false);
    private readonly StoreOptions _store = new();
    private readonly Option<string?> _config = TextOption.Of(
        "--config", "FOLDER", "Holds worker.json (docs/operating.md); what changes in it holds at once.");

    private readonly EndpointOption _ingest = new("--listen", "Where sensors connect", s_otherwise.Ingest);
    private readonly EndpointOption _query = new("--query", "Where questions are asked", s_otherwise.Query);
    private readonly EndpointOption _health = new("--health", "Health and metrics, or off", s_otherwise.Health);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])
        [
            _name, _data, _tls, _token, _packetsToken, _packetsFor, _authorize, _names, _kubernetes, _rules,
            _workers, _workersFile, _workersService, _config, _ingest.Option, _query.Option, _health.Option,
        ]) command.Add(option);
        _store.AddTo(command);
        _member.AddTo(command);
        _cluster.AddTo(command);
    }

    /// <exception cref="UsageException">Something of it cannot be understood, or is missing.</exception>
    public WorkerSettings Read(ParseResult result)
    {
        var workers = new WorkersChoice(
            result.GetValue(_workers), result.GetValue(_workersFile), result.GetValue(_workersService));
        var isNamedByCluster = result.GetValue(_kubernetes);
        var isAuthorizedByCluster = IsAuthorizedByCluster(result.GetValue(_authorize));
        var (name, folder) = (result.GetValue(_name) ?? s_otherwise.Name, TextOption.Required(result, _data));
        return s_otherwise with
        {
            Name = name,
            Folder = folder,
            Certificates = CertificatePaths.In(TextOption.Required(result, _tls)),
            TokenFile = result.GetValue(_token),
            PacketsTokenFile = result.GetValue(_packetsToken),
            PacketsFor = SplitNames(result.GetValue(_packetsFor)),
            IdentityFile = isNamedByCluster ? result.GetValue(_names) : TextOption.Existing(result, _names),
            IsNamedByCluster = isNamedByCluster,
            IsAuthorizedByCluster = isAuthorizedByCluster,
            Cluster = _cluster.Read(
                result, isNamedByCluster || isAuthorizedByCluster || workers.Service is not null,
                $"{_kubernetes.Name}, {_authorize.Name} or {_workersService.Name}"),
            Workers = workers,
            ConfigFolder = result.GetValue(_config),
            PlanFolder = _member.Plan(result, folder),
            Operator = _member.Operator(result, name, null),
            RulesFolder = TextOption.Existing(result, _rules),
            Store = _store.Read(result),
            Lake = _store.Lake(result),
            Ingest = _ingest.Read(result)!,
            Query = _query.Read(result)!,
            Health = _health.Read(result, mayBeOff: true),
        };
    }

    private static bool IsAuthorizedByCluster(string? by) => by switch
    {
        null => false,
        "kubernetes" => true,
        _ => throw new UsageException($"--authorize: there is kubernetes, and no '{by}'"),
    };

    private static HashSet<string> SplitNames(string? text) => new(
        (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        StringComparer.Ordinal);
}
