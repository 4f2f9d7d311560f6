using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NetSniff.Worker.Serve.Access;

/// <summary>TLS of the query port.</summary>
public static class QueryTls
{
    /// <summary>Shows our certificate, and asks for one of our authority: who has none may still have the token, who has
    /// another's is turned away.</summary>
    public static SslServerAuthenticationOptions Options(
        X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2")); // client authentication
        return new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = true,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = static (_, shown, _, errors) =>
                shown is null || errors == SslPolicyErrors.None,
        };
    }
}
