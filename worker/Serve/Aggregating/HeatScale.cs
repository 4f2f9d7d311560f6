namespace NetSniff.Worker.Serve.Aggregating;

/// <summary>The buckets of a heat map, as stores make them.</summary>
internal static class HeatScale
{
    /// <summary>What the upper bound of a bucket is to its lower one.</summary>
    public static double Width { get; } = Math.Pow(2, 0.25);
}
