namespace NetSniff.Wire.Security;

/// <summary>Where the certificates for the next connection come from.</summary>
public interface ICertificateSource
{
    /// <exception cref="IOException">There are none that can be used.</exception>
    LoadedCertificates Current { get; }
}
