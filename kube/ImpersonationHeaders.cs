namespace NetSniff.Kube;

/// <summary>Tells the API server with each request whom we act as.</summary>
internal sealed class ImpersonationHeaders(Impersonation whom) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Add("Impersonate-User", whom.User);
        foreach (var group in whom.Groups) request.Headers.Add("Impersonate-Group", group);
        return base.SendAsync(request, cancellationToken);
    }
}
