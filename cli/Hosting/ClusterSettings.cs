using NetSniff.Cli.Commands;
using NetSniff.Kube;

namespace NetSniff.Cli.Hosting;

/// <summary>Which cluster: of a kubeconfig, or the one we run in.</summary>
internal sealed record ClusterSettings(string? KubeConfig, string? Context)
{
    /// <exception cref="UsageException">It cannot be used.</exception>
    public ClusterClient Open()
    {
        try
        {
            return ClusterClient.Open(KubeConfig, Context);
        }
        catch (ClusterException problem)
        {
            throw new UsageException(problem.Message);
        }
    }
}
