namespace NetSniff.Worker.Ingest;

/// <summary>Bounds of what a worker takes in.</summary>
public sealed record IngestOptions
{
    public required string Worker { get; init; }

    public required string Version { get; init; }

    /// <summary>Lanes that are remembered: sensors, times workers they ever sent through, times priorities.</summary>
    public int LanesMax { get; init; } = 1 << 16;

    /// <summary>Connected sensors.</summary>
    public int SensorsMax { get; init; } = 4096;

    /// <summary>Batches on their way from all sensors together, at most; each gets its share.</summary>
    public int BatchesOnTheWayMax { get; init; } = 1024;

    /// <summary>Batches that one sensor may have on their way.</summary>
    public int WindowMax { get; init; } = 64;

    /// <summary>The log's bytes at which the worker takes no more credit; from a quarter of it on it sheds load.
    /// </summary>
    public long BacklogBytesMax { get; init; } = 512L << 20;
}
