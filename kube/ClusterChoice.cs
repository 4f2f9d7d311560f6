namespace NetSniff.Kube;

/// <summary>Which cluster is meant, and as whom, in kubectl's words. What is null is as the kubeconfig has it.
/// </summary>
public sealed record ClusterChoice
{
    /// <summary>A kubeconfig. Null for the files of KUBECONFIG, else the pod's own service account, else
    /// ~/.kube/config.</summary>
    public string? File { get; init; }

    public string? Context { get; init; }

    /// <summary>Name of a cluster in the kubeconfig.</summary>
    public string? Cluster { get; init; }

    /// <summary>Name of a user in the kubeconfig.</summary>
    public string? User { get; init; }

    /// <summary>Address of the API server.</summary>
    public string? Server { get; init; }

    /// <summary>Bearer token; nothing else then says who we are.</summary>
    public string? Token { get; init; }

    /// <summary>File with the certificates that the API server's is signed by.</summary>
    public string? CertificateAuthority { get; init; }

    public bool SkipsTlsVerify { get; init; }

    /// <summary>Whom to act as; the server must allow it.</summary>
    public Impersonation? As { get; init; }
}

/// <param name="User">`ann`, or `system:serviceaccount:NAMESPACE:NAME`.</param>
public sealed record Impersonation(string User, IReadOnlyList<string> Groups);
