namespace NetSniff.Wire.Health;

/// <summary>Counts values by bucket. Plain fields: one thread writes, anybody may read.</summary>
public sealed class Histogram
{
    private readonly double[] _bounds;
    private readonly long[] _counts;
    private double _sum;

    /// <param name="bounds">Upper bounds, inclusive, rising; what is larger has a bucket of its own.</param>
    public Histogram(params double[] bounds)
    {
        ArgumentNullException.ThrowIfNull(bounds);
        _bounds = bounds;
        _counts = new long[bounds.Length + 1];
    }

    public IReadOnlyList<double> Bounds => _bounds;

    /// <summary>By bucket, not added up; the last is for what is above every bound.</summary>
    public IReadOnlyList<long> Counts => _counts;

    public double Sum => Volatile.Read(ref _sum);

    /// <summary>1 µs to 1 s, for what a loop does in one turn.</summary>
    public static Histogram OfTurns() => new(1e-6, 1e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 0.1, 1);

    public void Record(double value)
    {
        var index = 0;
        while (index < _bounds.Length && value > _bounds[index]) index++;
        _counts[index]++;
        _sum += value;
    }
}
