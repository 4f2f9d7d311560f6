namespace NetSniff.Wire.Querying;

/// <summary>A way to a worker other than a connection to its address, such as through a cluster's API server.</summary>
/// <remarks>Whoever is asked again after a connection broke may lead to another worker: any one answers for all.
/// </remarks>
public interface IQueryRoute : IDisposable
{
    /// <summary>Whom the last connection leads to, for people; empty before the first.</summary>
    string Target { get; }

    /// <exception cref="IOException">There is no way at present; the text says why.</exception>
    ValueTask<Stream> ConnectAsync(CancellationToken cancel);

    /// <summary>What proves who asks, as long as it is good; a fresh one then.</summary>
    ValueTask<string> TokenAsync(CancellationToken cancel);
}
