using NetSniff.Cli.Commands;
using NetSniff.Kube;

namespace NetSniff.Cli.Plugin;

/// <summary>The cluster does not give what a command needs. The message says what was asked for, and what helps.
/// </summary>
internal sealed class KubeRefusal(string message, FailureKind kind, Exception? inner = null)
    : IOException(message, inner)
{
    public FailureKind Kind => kind;

    public int Code => kind switch
    {
        FailureKind.Forbidden => ExitCode.Forbidden,
        FailureKind.NotServed => ExitCode.NotFound,
        FailureKind.Silent => ExitCode.TimedOut,
        _ => ExitCode.Failed,
    };

    /// <summary>The one among the causes of another failure; null when it has others.</summary>
    public static KubeRefusal? In(Exception? problem)
    {
        for (; problem is not null; problem = problem.InnerException)
        {
            if (problem is KubeRefusal refusal) return refusal;
        }

        return null;
    }
}
