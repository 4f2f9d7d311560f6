using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetSniff.Wire.Security;

/// <summary>Where a program's certificates are: PEM files that may be replaced while it runs.</summary>
/// <param name="Authority">Certificates of the authorities that others are believed by.</param>
/// <param name="Certificate">Our own, with what lies between it and the authority.</param>
public sealed record CertificatePaths(string Authority, string Certificate, string Key)
{
    /// <summary>The names that a Kubernetes secret of type `kubernetes.io/tls` has.</summary>
    public static CertificatePaths In(string folder) => new(
        Path.Combine(folder, "ca.crt"), Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
}

/// <summary>Certificates as the files had them when they were last good.</summary>
public sealed class LoadedCertificates
{
    internal LoadedCertificates(X509Certificate2Collection authority, SslStreamCertificateContext identity)
    {
        (Authority, Identity) = (authority, identity);
        Name = Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }

    public X509Certificate2Collection Authority { get; }

    /// <summary>From PEM.</summary>
    /// <exception cref="CryptographicException">It is not such PEM.</exception>
    /// <exception cref="ArgumentException">It is not such PEM.</exception>
    public static LoadedCertificates Read(string authority, string certificate, string key)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(authority);
        if (roots.Count == 0) throw new CryptographicException("the authority's file holds no certificate");

        return new LoadedCertificates(roots, PemIdentity.Read(certificate, key));
    }

    /// <summary>Our own, with its key.</summary>
    public X509Certificate2 Certificate => Identity.TargetCertificate;

    /// <summary>Our own, with what lies between it and the authority.</summary>
    public SslStreamCertificateContext Identity { get; }

    /// <summary>Whom our own is made out to, in a word.</summary>
    public string Name { get; }

    /// <summary>Only our own authority is believed, nobody that the machine knows.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Authority);
        return policy;
    }
}

/// <summary>Reads certificate files, and reads them again when they change. A change that cannot be used is told and
/// the last good ones stay.</summary>
public sealed class CertificateFiles(CertificatePaths paths, TimeProvider? clock = null) : ICertificateSource
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private LoadedCertificates? _loaded;
    private string _seen = "";
    private long _lookedAt;

    /// <summary>Why the files as they are now cannot be used; null when they are in use.</summary>
    public string? Problem { get; private set; }

    /// <summary>Times that certificates were read, the first one too.</summary>
    public int Loads { get; private set; }

    /// <exception cref="IOException">There never were any that can be used.</exception>
    public LoadedCertificates Current
    {
        get
        {
            lock (_lock)
            {
                if (_loaded is not null && _clock.GetElapsedTime(_lookedAt) < s_lookEvery) return _loaded;

                Look();
                return _loaded ?? throw new IOException($"no certificates: {Problem}");
            }
        }
    }

    private void Look()
    {
        _lookedAt = _clock.GetTimestamp();
        try
        {
            var (authority, certificate, key) = (
                File.ReadAllText(paths.Authority), File.ReadAllText(paths.Certificate), File.ReadAllText(paths.Key));
            var seen = string.Join('\n', authority, certificate, key);
            if (seen == _seen) return;

            _loaded = LoadedCertificates.Read(authority, certificate, key);
            _seen = seen;
            Problem = null;
            Loads++;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException
            or CryptographicException or ArgumentException)
        {
            Problem = problem.Message;
        }
    }
}
