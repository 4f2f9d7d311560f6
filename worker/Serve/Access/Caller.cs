using Microsoft.AspNetCore.Http;
using NetSniff.Worker.Serve.Authorizing;

namespace NetSniff.Worker.Serve.Access;

/// <summary>Who asks.</summary>
/// <param name="Name">Of the certificate, or `token`, or `packets-token`, or whom the cluster knows by their token.
/// </param>
/// <param name="Address">Where they ask from.</param>
/// <param name="IsMember">Whether they came with a certificate of our own authority.</param>
public sealed record Caller(string Name, string Address, bool IsMember)
{
    private static readonly object s_key = new();

    /// <summary>They came with the secret that lets have raw packets.</summary>
    public bool IsForPackets { get; init; }

    /// <summary>Whom the cluster knows; null for who came with a certificate or a secret of ours.</summary>
    public Person? Person { get; init; }

    /// <summary>Whose records this call may see.</summary>
    public Sight Sight { get; init; } = Sight.Nothing;

    /// <summary>Cancelled when what was allowed is so no more.</summary>
    internal CancellationToken Revoked { get; init; }

    internal static Caller Of(HttpContext context) =>
        context.Items[s_key] as Caller ?? throw new InvalidOperationException("nobody was let in");

    internal void KeepIn(HttpContext context) => context.Items[s_key] = this;
}
