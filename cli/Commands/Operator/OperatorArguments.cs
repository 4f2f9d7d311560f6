using System.CommandLine;
using System.Net;
using NetSniff.Cli.Hosting;
using NetSniff.Operator.Config;
using OperatorSettings = NetSniff.Operator.Config.OperatorSettings;

namespace NetSniff.Cli.Commands.Operator;

/// <summary>What the command line of an operator may say. What is said here wins over `operator.json`.</summary>
internal sealed class OperatorArguments
{
    public const string ConfigFile = "operator.json";

    private static readonly IPEndPoint s_listen = new(IPAddress.Any, 9467);

    private readonly Option<string?> _config = TextOption.Of(
        "--config", "FOLDER", $"Holds {ConfigFile} (docs/operator.md); read at the start.");

    private readonly Option<string?> _namespace = TextOption.Of(
        "--namespace", "NAME", "Where the operator and the workers are. Without it: the file's, $POD_NAMESPACE.");

    private readonly Option<string?> _sensors = TextOption.Of(
        "--sensors-namespace", "NAME", "Where the sensors are.");

    private readonly Option<string?> _instance = TextOption.Of(
        "--instance", "NAME", "What names of objects begin with.");

    private readonly EndpointOption _listen = new("--listen", "Where sensors and workers connect", s_listen);
    private readonly EndpointOption _health = new("--health", "Health and metrics, or off", null);
    private readonly ClusterOptions _cluster = new();

    public void AddTo(Command command)
    {
        AddFileTo(command);
        command.Add(_listen.Option);
        command.Add(_health.Option);
    }

    /// <summary>What cleaning needs of it.</summary>
    public void AddFileTo(Command command)
    {
        foreach (var option in (Option[])[_config, _namespace, _sensors, _instance]) command.Add(option);
        _cluster.AddTo(command);
    }

    /// <exception cref="UsageException">Something cannot be used.</exception>
    public OperatorProgramSettings Read(ParseResult result)
    {
        var pod = Environment.GetEnvironmentVariable("POD_NAME") ?? Environment.MachineName;
        // A pod's container begins again only when the one before has ended; without a pod nobody says so.
        var uid = Environment.GetEnvironmentVariable("POD_UID") is { Length: >= 8 } text ? text[..8] : "";
        var past = uid.Length > 0 ? $"{pod}_{uid}_" : "";
        // Another for every run: one that was killed and comes again is another.
        var identity = $"{(past.Length > 0 ? past : $"{pod}_")}{Guid.NewGuid().ToString("N")[..8]}";
        return new OperatorProgramSettings(
            Settings(result), _listen.Read(result)!, _health.Read(result, mayBeOff: true), identity, past);
    }

    public ClusterSettings Cluster(ParseResult result) => _cluster.Read(result, isWanted: true, "")!;

    /// <exception cref="UsageException">Something cannot be used.</exception>
    public OperatorSettings Settings(ParseResult result)
    {
        var settings = result.GetValue(_config) is { } folder ? FromFile(Path.Combine(folder, ConfigFile)) : new();
        if (result.GetValue(_namespace) is { } name) settings.Namespace = name;
        var own = Environment.GetEnvironmentVariable("POD_NAMESPACE");
        if (settings.Namespace.Length == 0) settings.Namespace = own ?? "";
        if (result.GetValue(_sensors) is { } sensors) settings.SensorsNamespace = sensors;
        if (result.GetValue(_instance) is { } instance) settings.Instance = instance;
        var problems = OperatorSettingsReader.Check(settings);
        return problems.Count == 0
            ? settings
            : throw new UsageException($"{ConfigFile}: {string.Join("; ", problems)}");
    }

    private static OperatorSettings FromFile(string path)
    {
        try
        {
            var settings = OperatorSettingsReader.Read(File.ReadAllBytes(path), out var problems);
            return settings ?? throw new UsageException($"{path}: {string.Join("; ", problems)}");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(problem.Message);
        }
    }
}
