using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NetSniff.Wire.Security;

/// <summary>Our own certificate out of PEM, with its key and what lies between it and the authority.</summary>
public static class PemIdentity
{
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is not such PEM.</exception>
    /// <exception cref="ArgumentException">It is not such PEM.</exception>
    public static SslStreamCertificateContext Read(string certificate, string key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificate);
        using var leaf = X509Certificate2.CreateFromPem(certificate, key);
        // Through PKCS #12 and back: Windows wants keys that are not fleeting.
        var own = X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), null);
        if (chain.Count > 0) chain.RemoveAt(0);
        return SslStreamCertificateContext.Create(own, chain, offline: true);
    }
}
