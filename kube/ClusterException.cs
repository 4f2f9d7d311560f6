namespace NetSniff.Kube;

/// <summary>A cluster cannot be reached as we were told to; the text says why, for whoever told us.</summary>
public sealed class ClusterException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the server answered, as HTTP has it; 0 where it did not come to that.</summary>
    public int Status { get; init; }
}
