using System.Security.Cryptography;

namespace NetSniff.Wire.Security;

/// <summary>Certificates in memory, of a program that makes its own. May be replaced while it runs: connections that
/// are open stay as they are, the next ones use what is new. Any thread.</summary>
public sealed class HeldCertificates : ICertificateSource
{
    private LoadedCertificates? _current;

    public LoadedCertificates Current =>
        Volatile.Read(ref _current) ?? throw new IOException("no certificates: none were given yet");

    /// <summary>From PEM: what others are believed by, our own with what lies between, its key.</summary>
    /// <exception cref="CryptographicException">It cannot be used, and those of before stay.</exception>
    /// <exception cref="ArgumentException">It cannot be used, and those of before stay.</exception>
    public void Replace(string authority, string certificate, string key) =>
        Volatile.Write(ref _current, LoadedCertificates.Read(authority, certificate, key));
}
