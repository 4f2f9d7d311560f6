namespace NetSniff.Worker.Store;

/// <summary>How long records are kept, and how many bytes of them.</summary>
public sealed record StoreRetention(TimeSpan AgeMax, long BytesMax);
