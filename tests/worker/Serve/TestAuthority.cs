using System.Security.Cryptography.X509Certificates;
using NetSniff.Wire.Security;

namespace NetSniff.Tests.Worker.Serve;

/// <summary>A certificate authority of the test's own.</summary>
internal sealed class TestAuthority(string name = "test authority") : IDisposable
{
    private readonly Certificates _certificates = Certificates.NewAuthority(
        name, TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));

    public X509Certificate2Collection Roots
    {
        get
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(RootPem);
            return roots;
        }
    }

    public string RootPem => _certificates.AuthorityPem;

    /// <summary>Files for both ends of connections on loopback.</summary>
    public void IssueTo(string folder, string name) => _certificates.IssueTo(folder, name, "localhost", "127.0.0.1");

    public X509Certificate2 Issue(string name)
    {
        var (certificate, key) = _certificates.Issue(name, "localhost", "127.0.0.1");
        using var whole = X509Certificate2.CreateFromPem(certificate, key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose() => _certificates.Dispose();
}
