using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NetSniff.Wire.Security;

namespace NetSniff.Operator.Certificates;

/// <summary>The authority that signs, one that will, and those that did: all of them are believed.</summary>
/// <param name="Certificate">Of the one that signs, with its key.</param>
/// <param name="NextCertificate">Of the one that will sign when everybody believes it; empty for none.</param>
/// <param name="OldCertificates">That signed what may still be in use.</param>
public sealed record Authorities(
    string Certificate, string Key, string NextCertificate, string NextKey, string OldCertificates)
{
    /// <summary>How long a new one is shown before it signs: mounted secrets come to pods within two minutes.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    /// <summary>A new one is made when this share of an authority's life is over.</summary>
    private const double ShareOfLife = 0.8;

    /// <summary>How far back a certificate begins, for clocks that differ.</summary>
    private static readonly TimeSpan s_skew = TimeSpan.FromHours(1);

    /// <summary>All that are believed.</summary>
    public string Bundle => string.Concat(Lines(Certificate), Lines(NextCertificate), Lines(OldCertificates));

    /// <summary>One step: nothing, a next authority, or the next begins to sign.</summary>
    /// <returns>The same object when there is nothing to do.</returns>
    /// <exception cref="CryptographicException">What is there cannot be used.</exception>
    public static Authorities Next(Authorities? now, DateTimeOffset time, TimeSpan lifetime)
    {
        if (now is null)
        {
            var (certificate, key) = New(time, lifetime);
            return new Authorities(certificate, key, "", "", "");
        }

        if (now.NextCertificate.Length > 0)
        {
            using var next = X509Certificate2.CreateFromPem(now.NextCertificate);
            if (time - (Begin(next) + s_skew) < Overlap) return now;

            return new Authorities(
                now.NextCertificate, now.NextKey, "", "", Alive(Lines(now.Certificate) + now.OldCertificates, time));
        }

        using var signing = X509Certificate2.CreateFromPem(now.Certificate);
        var (from, to) = (Begin(signing), new DateTimeOffset(signing.NotAfter.ToUniversalTime()));
        if (time - from >= (to - from) * ShareOfLife)
        {
            var (certificate, key) = New(time, lifetime);
            return now with { NextCertificate = certificate, NextKey = key };
        }

        var alive = Alive(now.OldCertificates, time);
        return alive == now.OldCertificates ? now : now with { OldCertificates = alive };
    }

    /// <summary>Whether a certificate should be made anew: two thirds of its life are over, another authority signs, or
    /// it is not for these names.</summary>
    public bool Wants(string certificate, string key, IReadOnlyList<string> names, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (certificate.Length == 0 || key.Length == 0) return true;

        try
        {
            using var leaf = X509Certificate2.CreateFromPem(certificate, key);
            using var authority = X509Certificate2.CreateFromPem(Certificate);
            var (from, to) = (Begin(leaf) + s_skew, new DateTimeOffset(leaf.NotAfter.ToUniversalTime()));
            var has = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(static one => one.EnumerateDnsNames()).ToHashSet();
            return time - from >= (to - from) * (2.0 / 3) || !has.SetEquals(names) || !IsOf(leaf, authority);
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            return true;
        }
    }

    private static bool IsOf(X509Certificate2 leaf, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(leaf);
    }

    private static (string Certificate, string Key) New(DateTimeOffset time, TimeSpan lifetime)
    {
        using var authority = Wire.Security.Certificates.NewAuthority("netsniff-ca", time, lifetime);
        return (authority.AuthorityPem, authority.AuthorityKeyPem());
    }

    private static string Alive(string certificates, DateTimeOffset time)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(certificates);
        return string.Concat(all.Where(one => new DateTimeOffset(one.NotAfter.ToUniversalTime()) > time)
            .Select(static one => Lines(one.ExportCertificatePem())));
    }

    private static DateTimeOffset Begin(X509Certificate2 one) => new(one.NotBefore.ToUniversalTime());

    private static string Lines(string pem) => pem.Length == 0 || pem.EndsWith('\n') ? pem : pem + "\n";
}
