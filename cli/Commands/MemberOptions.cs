using System.CommandLine;
using NetSniff.Cli.Hosting;
using Cluster = NetSniff.Wire.Cluster.ClusterOptions;

namespace NetSniff.Cli.Commands;

/// <summary>What a member of a cluster is told of its operator.</summary>
internal sealed class MemberOptions
{
    private const string PodVariable = "POD_NAME", NodeVariable = "NODE_NAME";
    private const string PlanFolderName = "plan";

    private readonly Option<string?> _operator = TextOption.Of(
        "--operator", "HOST:PORT", "The operator that says what to do (docs/cluster-channel.md).");

    private readonly Option<string?> _plan = TextOption.Of(
        "--plan", "FOLDER", "Where the newest plan is kept, the operator's or that of --config.");

    private readonly Option<string?>? _class;

    /// <param name="hasClass">Whether members are of placement classes.</param>
    public MemberOptions(bool hasClass)
    {
        if (hasClass)
        {
            _class = TextOption.Of(
                "--class", "NAME", $"Placement class, for the operator ({AttendingSettings.ClassDefault}).");
        }
    }

    public void AddTo(Command command)
    {
        command.Add(_operator);
        command.Add(_plan);
        if (_class is not null) command.Add(_class);
    }

    /// <summary>Without a folder, but with an operator, a plan is kept beside what else is on disk.</summary>
    public string? Plan(ParseResult result, string folder) => result.GetValue(_plan)
        ?? (result.GetValue(_operator) is null ? null : Path.Combine(folder, PlanFolderName));

    /// <param name="name">What the member is called, where no pod says that.</param>
    /// <exception cref="UsageException">It is no host and port.</exception>
    public AttendingSettings? Operator(ParseResult result, string name, string? node)
    {
        var className = _class is null ? "" : result.GetValue(_class) ?? AttendingSettings.ClassDefault;
        if (result.GetValue(_operator) is not { } address) return null;

        var isAddress = Uri.TryCreate($"https://{address}", UriKind.Absolute, out var uri)
            && uri.Authority.Length > 0 && uri.AbsolutePath == "/" && address.Contains(':', StringComparison.Ordinal);
        if (!isAddress)
        {
            throw new UsageException(
                $"{_operator.Name} is HOST:PORT, such as {Cluster.OperatorName}:{Cluster.PortDefault}, "
                + $"not '{address}'");
        }

        var pod = Environment.GetEnvironmentVariable(PodVariable) is { Length: > 0 } told ? told : name;
        node ??= Environment.GetEnvironmentVariable(NodeVariable) ?? Environment.MachineName;
        return new AttendingSettings(address, pod, node, className);
    }
}
