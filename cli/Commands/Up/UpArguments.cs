using System.CommandLine;
using System.Net;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Hosting;
using NetSniff.Sensor.Capture;
using NetSniff.Wire.Health;
using NetSniff.Wire.Querying;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Commands.Up;

/// <summary>What the command line of `netsniff up` may say.</summary>
internal sealed class UpArguments
{
    /// <summary>What the worker of this machine is called.</summary>
    public const string WorkerName = "here";

    public const string ChildSwitch = "--child";

    private static readonly WorkerSettings s_otherwise = new()
    {
        Name = WorkerName,
        Folder = "",
        Certificates = CertificatePaths.In(""),
        Ingest = new IPEndPoint(IPAddress.Loopback, 0),
        Query = new IPEndPoint(IPAddress.Loopback, QueryEndpoint.PortDefault),
        Health = null,
    };

    private readonly Option<string[]> _interfaces = TextOption.Interfaces();
    private readonly Option<string?> _data = TextOption.Of(
        "--data", "FOLDER", $"Where everything is kept ({DefaultFolder}).");

    private readonly Option<string?> _names = TextOption.Of(
        "--names", "FILE", "YAML that says who has which address (docs/identity.md).");

    private readonly Option<string?> _rules = TextOption.Of(
        "--rules", "DIR", "Detection rules, read again when they change (docs/rules.md).");

    private readonly StoreOptions _store = new();

    private readonly EndpointOption _query = new("--query", "Where questions are asked", s_otherwise.Query);
    private readonly EndpointOption _health = new(
        "--health", "Health and metrics, or off", new IPEndPoint(IPAddress.Loopback, HealthOptions.PortDefault));

    private readonly PacketOptions _packets = new();
    private readonly Option<bool> _child = new(ChildSwitch) { Hidden = true };

    /// <summary>Beside the file that says where the worker is.</summary>
    private static string DefaultFolder => Path.Combine(Path.GetDirectoryName(ClientFile.DefaultPath)!, "up");

    public void AddTo(Command command)
    {
        command.Add(_interfaces);
        _store.AddTo(command);
        foreach (var option in (Option[])[_data, _names, _rules, _query.Option, _health.Option, _child])
        {
            command.Add(option);
        }

        _packets.AddTo(command);
    }

    /// <summary>Whether this is the process that does the work, and not the one that keeps it running.</summary>
    public bool IsChild(ParseResult result) => result.GetValue(_child);

    public string Folder(ParseResult result) => result.GetValue(_data) ?? DefaultFolder;

    /// <exception cref="UsageException">Something of it cannot be understood.</exception>
    public WorkerSettings Worker(ParseResult result)
    {
        var folder = Folder(result);
        return s_otherwise with
        {
            Folder = Path.Combine(folder, "worker"),
            Certificates = CertificatePaths.In(Path.Combine(folder, "tls")),
            TokenFile = Path.Combine(folder, "token"),
            PacketsTokenFile = Path.Combine(folder, "packets-token"),
            IdentityFile = TextOption.Existing(result, _names),
            RulesFolder = TextOption.Existing(result, _rules),
            Store = _store.Read(result),
            Lake = _store.Lake(result),
            Query = _query.Read(result)!,
        };
    }

    /// <exception cref="UsageException">Something of it cannot be understood.</exception>
    public SensorSettings Sensor(ParseResult result)
    {
        var folder = Folder(result);
        var names = result.GetValue(_interfaces) ?? [];
        return new SensorSettings
        {
            Node = Environment.MachineName,
            Folder = Path.Combine(folder, "spool"),
            Certificates = CertificatePaths.In(Path.Combine(folder, "tls")),
            Live = new LiveOptions { Interfaces = names.Length == 0 ? [LiveOptions.AnyInterface] : names },
            Packets = _packets.Read(result),
            Health = _health.Read(result, mayBeOff: true),
        };
    }
}
