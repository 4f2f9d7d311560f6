using System.Numerics;

namespace NetSniff.Cli.Outputs.Summary;

/// <summary>How often which length of time was seen: sixteen steps for every doubling, so a quantile is right to about
/// three percent, and the size is the same for ten values and ten billion.</summary>
internal sealed class LogHistogram
{
    private const int StepBits = 4;
    private const int Steps = 1 << StepBits;

    private readonly long[] _counts = new long[(64 - StepBits) * Steps];

    public long Count { get; private set; }

    public long Max { get; private set; }

    public void Add(long value)
    {
        value = Math.Max(value, 0);
        _counts[IndexOf(value)]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    /// <summary>Adds what another counted.</summary>
    public void Add(LogHistogram other)
    {
        for (var index = 0; index < _counts.Length; index++) _counts[index] += other._counts[index];
        Count += other.Count;
        Max = Math.Max(Max, other.Max);
    }

    /// <param name="share">0.5 for the median.</param>
    public long Quantile(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        for (var index = 0; index < _counts.Length; index++)
        {
            rank -= _counts[index];
            if (rank <= 0 && _counts[index] > 0) return Math.Min(MiddleOf(index), Max);
        }

        return Max;
    }

    // Below 16 each value has a step of its own; above, the leading bit gives the row and the next four the step.
    private static int IndexOf(long value)
    {
        if (value < Steps) return (int)value;

        var shift = BitOperations.Log2((ulong)value) - StepBits;
        return (shift + 1) * Steps + (int)(value >> shift & (Steps - 1));
    }

    private static long MiddleOf(int index)
    {
        if (index < Steps) return index;

        var shift = index / Steps - 1;
        var low = (long)(Steps + index % Steps) << shift;
        return low + (1L << shift >> 1);
    }
}
