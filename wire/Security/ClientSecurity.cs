using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NetSniff.Wire.Security;

/// <summary>How a client proves who it is and whom it believes. Files are read anew when they change.</summary>
public sealed class ClientSecurity(ICertificateSource certificates)
{
    /// <summary>Certificates for any worker are made out to this name, unless they name the worker itself.</summary>
    public string? ServerName { get; init; }

    /// <summary>For the next connection.</summary>
    /// <exception cref="IOException">There are no certificates that can be used.</exception>
    public SslClientAuthenticationOptions Options(string worker)
    {
        var current = certificates.Current;
        var name = ServerName ?? worker;
        return new SslClientAuthenticationOptions
        {
            ClientCertificateContext = current.Identity,
            CertificateChainPolicy = current.ChainPolicy(),
            RemoteCertificateValidationCallback = MadeOutTo(name),
        };
    }

    /// <summary>Believes who shows a good certificate of that name, wherever they are: an HTTP client asks for the host
    /// that it connects to.</summary>
    public static RemoteCertificateValidationCallback MadeOutTo(string name) =>
        (_, shown, _, errors) => IsOf(name, shown, errors);

    private static bool IsOf(string name, X509Certificate? shown, SslPolicyErrors errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
        && shown is X509Certificate2 certificate
        && certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false);
}
