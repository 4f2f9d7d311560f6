using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetSniff.Wire.Security;

/// <summary>Makes a private authority and certificates signed by it: for one machine, and for tests.</summary>
public sealed class Certificates : IDisposable
{
    /// <summary>Clocks of two machines may differ by so much.</summary>
    private static readonly TimeSpan s_skewMax = TimeSpan.FromHours(1);

    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    private readonly X509Certificate2 _authority;
    private readonly DateTimeOffset _from;
    private readonly DateTimeOffset _to;

    private Certificates(X509Certificate2 authority)
    {
        _authority = authority;
        _from = new DateTimeOffset(authority.NotBefore.ToUniversalTime());
        _to = new DateTimeOffset(authority.NotAfter.ToUniversalTime());
    }

    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>The authority's own key: whoever has it can speak for anybody.</summary>
    public string AuthorityKeyPem()
    {
        using var key = _authority.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>An authority that was made before.</summary>
    /// <exception cref="CryptographicException">It is not such PEM.</exception>
    /// <exception cref="ArgumentException">It is not such PEM.</exception>
    public static Certificates FromPem(string certificate, string key) =>
        new(X509Certificate2.CreateFromPem(certificate, key));

    /// <summary>Makes an authority with a new key.</summary>
    public static Certificates NewAuthority(string name, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new Certificates(request.CreateSelfSigned(now - s_skewMax, now + lifetime));
    }

    /// <summary>Signs a certificate for a server and client of these names, host names and addresses.</summary>
    /// <returns>Certificate and key as PEM.</returns>
    public (string Certificate, string Key) Issue(string name, params ReadOnlySpan<string> otherNames)
    {
        var names = new SubjectAlternativeNameBuilder();
        Add(names, name);
        foreach (var other in otherNames) Add(names, other);
        return Sign(name, names, [new Oid(ServerUse), new Oid(ClientUse)], _from, _to);
    }

    /// <summary>The same for a while only.</summary>
    public (string Certificate, string Key) IssueFor(
        DateTimeOffset now, TimeSpan lifetime, string name, params ReadOnlySpan<string> otherNames)
    {
        var names = new SubjectAlternativeNameBuilder();
        Add(names, name);
        foreach (var other in otherNames) Add(names, other);
        var (from, to) = (now - s_skewMax, now + lifetime);
        return Sign(
            name, names, [new Oid(ServerUse), new Oid(ClientUse)], from < _from ? _from : from, to > _to ? _to : to);
    }

    /// <summary>Signs a certificate for a client that speaks for one sensor (<see cref="SensorName"/>).</summary>
    public (string Certificate, string Key) IssueSensor(string name)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddUri(new Uri(SensorName.UriPrefix + name));
        return Sign(name, names, [new Oid(ClientUse)], _from, _to);
    }

    private (string Certificate, string Key) Sign(
        string name,
        SubjectAlternativeNameBuilder names,
        OidCollection uses,
        DateTimeOffset from,
        DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension(uses, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            _authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(names.Build());

        using var signed = request.Create(_authority, from, to, RandomNumberGenerator.GetBytes(SerialBytes));
        return (signed.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Signs a certificate and writes the three files; only the owner may read the key.</summary>
    public void IssueTo(string folder, string name, params ReadOnlySpan<string> otherNames) =>
        Write(folder, Issue(name, otherNames));

    /// <summary>The same for one sensor.</summary>
    public void IssueSensorTo(string folder, string name) => Write(folder, IssueSensor(name));

    private void Write(string folder, (string Certificate, string Key) issued)
    {
        var paths = CertificatePaths.In(folder);
        Directory.CreateDirectory(folder);
        var (certificate, key) = issued;
        WritePrivate(paths.Key, key);
        Write(paths.Certificate, certificate);
        Write(paths.Authority, AuthorityPem);
    }

    public void Dispose() => _authority.Dispose();

    private static void Add(SubjectAlternativeNameBuilder names, string name)
    {
        if (IPAddress.TryParse(name, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(name);
    }

    private static X500DistinguishedName NameOf(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        return builder.Build();
    }

    /// <summary>Whole or not at all: a program may be reading it.</summary>
    private static void Write(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static void WritePrivate(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new StreamWriter(path + ".new", options)) file.Write(text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
