namespace NetSniff.Worker.Serve.Aggregating;

/// <summary>Counts in buckets whose width grows with their value, as a heat map has them: two of them are added up, and
/// a percentile is read off the sum.</summary>
internal sealed class Sketch
{
    /// <summary>Buckets for each doubling, each 4.4 % wide: so right is a percentile.</summary>
    public const uint Steps = 16;

    /// <summary>What the upper bound of a bucket is to its lower one.</summary>
    private static readonly double s_width = Math.Pow(2, 1.0 / Steps);

    private readonly SortedDictionary<double, double> _counts = [];
    private double _total;

    public void Add(double lowerBound, double count)
    {
        _counts[lowerBound] = _counts.GetValueOrDefault(lowerBound) + count;
        _total += count;
    }

    /// <summary>The value that so many percent are not above, as near as its bucket is wide; not a number when there is
    /// none.</summary>
    public double Percentile(int percent)
    {
        if (_total == 0) return double.NaN;

        var rank = percent / 100.0 * _total;
        var below = 0.0;
        foreach (var (lower, count) in _counts)
        {
            if (below + count >= rank) return lower <= 0 ? lower : lower * Math.Pow(s_width, (rank - below) / count);

            below += count;
        }

        return _counts.Keys.Last();
    }
}
