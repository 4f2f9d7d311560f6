using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Hosting;

namespace NetSniff.Wire.Security;

/// <summary>How a server proves who it is and whom it lets in. Files are read anew when they change; each new
/// connection uses what is there then.</summary>
/// <param name="asksClient">Whether only clients with a certificate of the authority get in. Without it callers prove
/// themselves by other means, a token.</param>
public sealed class ServerSecurity(ICertificateSource certificates, bool asksClient = true)
{
    private static readonly TimeSpan s_handshakeMax = TimeSpan.FromSeconds(5);

    /// <summary>Puts TLS on an endpoint.</summary>
    public void Use(ListenOptions listen) => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        HandshakeTimeout = s_handshakeMax,
        OnConnection = _ => ValueTask.FromResult(Options()),
    });

    /// <summary>For the next connection.</summary>
    /// <exception cref="IOException">There are no certificates that can be used.</exception>
    public SslServerAuthenticationOptions Options()
    {
        var current = certificates.Current;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = current.Identity,
            ClientCertificateRequired = asksClient,
            CertificateChainPolicy = asksClient ? current.ChainPolicy() : null,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
    }
}
