using System.CommandLine;
using System.Globalization;
using NetSniff.Cli.Hosting;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Sensor.Governor;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Commands.Sensors;

/// <summary>What the command line of a sensor may say.</summary>
internal sealed class SensorArguments
{
    private const long SpoolBytesMin = 32L << 20;

    private static readonly SensorSettings s_otherwise =
        new() { Node = Environment.MachineName, Folder = "", Certificates = CertificatePaths.In("") };

    private readonly Argument<string[]> _files = new("file")
    {
        Description = "Capture files to ship instead; without one, what passes the interfaces.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _interfaces = TextOption.Interfaces();
    private readonly Option<string?> _node = TextOption.Of("--node", "NAME", "What this machine is called in records.");
    private readonly Option<string?> _spool = TextOption.Of("--spool", "FOLDER", "Where records wait for workers.");
    private readonly Option<string?> _spoolBytes = TextOption.Of(
        "--spool-bytes", "SIZE", "How much of the disk they may take (1Gi).");

    private readonly Option<string?> _tls = TextOption.Of(
        "--tls", "FOLDER", "Holds ca.crt, tls.crt and tls.key; read again when they change.");

    private readonly Option<string?> _serverName = TextOption.Of(
        "--server-name", "NAME", "What the workers' certificates are made out to, if not to their names.");

    private readonly Option<string?> _workers = TextOption.Of("--workers", "LIST", "The workers: NAME=HOST:PORT,...");
    private readonly Option<string?> _workersFile = TextOption.Of(
        "--workers-file", "FILE", "The same from a file that may change.");

    private readonly Option<string?> _workersService = TextOption.Of(
        "--workers-service", "NAMESPACE/NAME[:PORT]", "The ready pods behind a service of a cluster.");

    private readonly ClusterOptions _cluster = new();

    private readonly Option<string?> _filter = TextOption.Of(
        "--filter", "EXPRESSION", "Packets to look at, in the language of tcpdump.");

    private readonly Option<string?> _memory = TextOption.Of(
        "--memory", "SIZE", "Memory the sensor may use; without it the control group's.");

    private readonly Option<string?> _cpu = TextOption.Of(
        "--cpu", "CPUS", "CPUs it may use, such as 0.5: above that it looks less deep.");

    private readonly Option<string?> _drain = TextOption.Of(
        "--drain", "LENGTH", "How long it waits at its end for what workers have not yet taken (10s).");

    private readonly Option<string?> _config = TextOption.Of(
        "--config", "FOLDER", "Holds sensor.json (docs/operating.md); what changes in it holds at once.");

    private readonly EndpointOption _health = new("--health", "Health and metrics, or off", s_otherwise.Health);

    private readonly PacketOptions _packets = new();
    private readonly MemberOptions _member = new(hasClass: true);

    public void AddTo(Command command)
    {
        command.Add(_files);
        command.Add(_interfaces);
        foreach (var option in (Option[])
        [
            _node, _spool, _spoolBytes, _tls, _serverName, _workers, _workersFile, _workersService, _filter, _memory,
            _cpu, _drain, _config, _health.Option,
        ]) command.Add(option);
        _packets.AddTo(command);
        _member.AddTo(command);
        _cluster.AddTo(command);
    }

    /// <exception cref="UsageException">Something of it cannot be understood, or is missing.</exception>
    public SensorSettings Read(ParseResult result)
    {
        var names = result.GetValue(_interfaces) ?? [];
        var workers = new WorkersChoice(
            result.GetValue(_workers), result.GetValue(_workersFile), result.GetValue(_workersService));
        var (node, folder) = (result.GetValue(_node) ?? s_otherwise.Node, TextOption.Required(result, _spool));
        return s_otherwise with
        {
            Node = node,
            Folder = folder,
            SpoolBytesMax = ByteSizes.ParseOption(_spoolBytes.Name, result.GetValue(_spoolBytes), SpoolBytesMin)
                ?? s_otherwise.SpoolBytesMax,
            Certificates = CertificatePaths.In(TextOption.Required(result, _tls)),
            ServerName = result.GetValue(_serverName),
            Workers = workers,
            Cluster = _cluster.Read(result, workers.Service is not null, _workersService.Name),
            Files = result.GetValue(_files) ?? [],
            Live = new LiveOptions
            {
                Interfaces = names.Length == 0 ? [LiveOptions.AnyInterface] : names,
                Filter = Filter(result.GetValue(_filter)),
            },
            Budget = Budget(result),
            DrainMax = Durations.ParseOption(_drain.Name, result.GetValue(_drain)) ?? s_otherwise.DrainMax,
            Packets = _packets.Read(result),
            ConfigFolder = result.GetValue(_config),
            PlanFolder = _member.Plan(result, folder),
            Operator = _member.Operator(result, node, node),
            Health = _health.Read(result, mayBeOff: true),
        };
    }

    private GovernorOptions Budget(ParseResult result)
    {
        var limits = CgroupLimits.Read();
        var memory = ByteSizes.ParseOption(_memory.Name, result.GetValue(_memory), MemoryPlan.LimitBytesMin);
        return new GovernorOptions
        {
            MemoryBytesMax = memory ?? limits.MemoryBytes ?? 0,
            CpuMax = Cpus(_cpu.Name, result.GetValue(_cpu)) ?? limits.Cpus ?? 0,
        };
    }

    private static CaptureFilter? Filter(string? text)
    {
        try
        {
            return text is null ? null : FilterCompiler.Filter(text);
        }
        catch (CaptureException problem)
        {
            throw new UsageException($"--filter: {problem.Message}");
        }
    }

    private static double? Cpus(string name, string? text) =>
        text is null ? null
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus) && cpus > 0
            ? cpus
            : throw new UsageException($"{name} is a number of CPUs such as 0.5, not '{text}'");
}
