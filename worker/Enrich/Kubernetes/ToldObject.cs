namespace NetSniff.Worker.Enrich.Kubernetes;

/// <summary>An object as the API tells it, with what it tells of since when.</summary>
/// <remarks>The book keeps what it is told first of an address; a container that starts again says another time.
/// </remarks>
internal sealed record ToldObject(IdentityObject Object)
{
    /// <summary>When it had its address for certain; rather a second too early than too late, for who came to an
    /// address
    /// later has it anyway.</summary>
    public long? AddressedNanos { get; init; }

    /// <summary>When it came to be, as good a moment as any where it was there before we looked.</summary>
    public long? BegunNanos { get; init; }
}
