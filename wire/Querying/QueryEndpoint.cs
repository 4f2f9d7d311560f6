using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NetSniff.Wire.Querying;

/// <summary>A worker's query port, and what it takes to be let in.</summary>
public sealed record QueryEndpoint
{
    public const int PortDefault = 9465;

    /// <summary>`HOST:PORT`.</summary>
    public required string Address { get; init; }

    /// <summary>Who may vouch for the worker; null for those the system trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Our own certificate, with what lies between it and its authority.</summary>
    public SslStreamCertificateContext? Identity { get; init; }

    public string? Token { get; init; }

    /// <summary>What the worker's certificate must be made out to, where that is not its address.</summary>
    public string? ServerName { get; init; }

    /// <summary>How to get there, and with which token; null for straight to the address.</summary>
    public IQueryRoute? Route { get; init; }

    /// <summary>Namespaces that are asked about; none for all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Whom one asks, for people.</summary>
    public string Title => Route is { Target: { Length: > 0 } target } ? target : Address;
}
