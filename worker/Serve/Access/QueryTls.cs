using System.Net.Security;
using System.Security.Cryptography;
using NetSniff.Wire.Security;

namespace NetSniff.Worker.Serve.Access;

/// <summary>TLS of the query port.</summary>
public static class QueryTls
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>Shows our certificate, and asks for one of our authority: who has none may still have the token, who
    /// has another's is turned away.</summary>
    /// <exception cref="IOException">There are no certificates that can be used.</exception>
    public static SslServerAuthenticationOptions Options(CertificateFiles files)
    {
        var current = files.Current;
        var policy = current.ChainPolicy();
        policy.ApplicationPolicy.Add(new Oid(ClientUse));
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = current.Identity,
            ClientCertificateRequired = true,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = static (_, shown, _, errors) =>
                shown is null || errors == SslPolicyErrors.None,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
    }
}
