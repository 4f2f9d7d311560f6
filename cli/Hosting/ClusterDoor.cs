using NetSniff.Kube;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Authorizing;

namespace NetSniff.Cli.Hosting;

/// <summary>Lets in by a cluster's tokens and roles.</summary>
internal sealed class ClusterDoor(ClusterClient cluster, TimeProvider clock) : IDisposable
{
    /// <summary>Whom the operator's certificate is made out to: it has files made for sessions.</summary>
    private const string Operator = "netsniff-operator";

    private readonly RememberingAuthority _authority = new(new ClusterAuthority(cluster), clock);

    /// <param name="named">Certificates that may have packets.</param>
    public AuthorizingOptions Options(IReadOnlySet<string> named) => new(_authority, WithOperator(named));

    public static IReadOnlySet<string> WithOperator(IReadOnlySet<string> named) =>
        new HashSet<string>(named, StringComparer.Ordinal) { Operator };

    public void Dispose()
    {
        _authority.Dispose();
        cluster.Dispose();
    }
}
