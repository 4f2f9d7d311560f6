using System.CommandLine;
using NetSniff.Cli.Hosting;

namespace NetSniff.Cli.Commands;

/// <summary>Which cluster a command means, said as kubectl is told.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<string?> _kubeConfig = TextOption.Of(
        "--kubeconfig", "FILE", "The cluster's configuration. Without it: $KUBECONFIG, the pod's own, ~/.kube/config.");

    private readonly Option<string?> _context = TextOption.Of(
        "--context", "NAME", "Which context of it; without it the current one.");

    public void AddTo(Command command)
    {
        command.Add(_kubeConfig);
        command.Add(_context);
    }

    /// <param name="isWanted">Whether anything asked for a cluster.</param>
    /// <exception cref="UsageException">Only a cluster's options were given, and nothing to use it for.</exception>
    public ClusterSettings? Read(ParseResult result, bool isWanted, string wantedBy)
    {
        var settings = new ClusterSettings(result.GetValue(_kubeConfig), result.GetValue(_context));
        if (!isWanted && settings is not (null, null))
        {
            throw new UsageException($"{_kubeConfig.Name} and {_context.Name} say which cluster: add {wantedBy}");
        }

        return isWanted ? settings : null;
    }
}
