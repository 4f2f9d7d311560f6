using NetSniff.Wire.Querying;

namespace NetSniff.Cli.Plugin;

/// <summary>The same way for one question, after which it is still needed.</summary>
internal sealed class KeptRoute(IQueryRoute inner) : IQueryRoute
{
    public string Target => inner.Target;

    public ValueTask<Stream> ConnectAsync(CancellationToken cancel) => inner.ConnectAsync(cancel);

    public ValueTask<string> TokenAsync(CancellationToken cancel) => inner.TokenAsync(cancel);

    public void Dispose() { }
}
