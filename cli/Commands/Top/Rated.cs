namespace NetSniff.Cli.Commands.Top;

/// <summary>Counts that grow, and how fast they did lately.</summary>
internal class Rated
{
    /// <summary>Weight of the last turn in the rate: jumps show at once, and do not flicker.</summary>
    private const double Newest = 0.6;

    private long _bytesBefore;
    private long _countBefore;

    public long Bytes { get; private set; }

    public long Count { get; private set; }

    /// <summary>A second, smoothed.</summary>
    public double ByteRate { get; private set; }

    public double CountRate { get; private set; }

    public void Add(long count, long bytes)
    {
        Count += count;
        Bytes += bytes;
    }

    /// <summary>What was counted elsewhere so far belongs here: no rate changes by it.</summary>
    public void Take(long count, long bytes)
    {
        Add(count, bytes);
        _countBefore += count;
        _bytesBefore += bytes;
    }

    /// <summary>All counted so far is of the past: the next turn knows nothing of it.</summary>
    public void Settle() => (_bytesBefore, _countBefore) = (Bytes, Count);

    /// <summary>So many seconds passed since the last turn.</summary>
    public void Turn(double seconds)
    {
        ByteRate = Smooth(ByteRate, (Bytes - _bytesBefore) / seconds);
        CountRate = Smooth(CountRate, (Count - _countBefore) / seconds);
        (_bytesBefore, _countBefore) = (Bytes, Count);
    }

    /// <summary>Over all of so many seconds: what was read is over.</summary>
    public void Average(double seconds) => (ByteRate, CountRate) = (Bytes / seconds, Count / seconds);

    private static double Smooth(double before, double now)
    {
        // What begins is shown as it is.
        var rate = before == 0 ? now : Newest * now + (1 - Newest) * before;
        return rate < 0.05 ? 0 : rate;
    }
}

/// <summary>What one talker does now: packets and bytes, and beside them exchanges.</summary>
internal sealed class TalkerRates : Rated
{
    public Rated Exchanges { get; } = new();

    /// <summary>The quietest are forgotten first.</summary>
    public double Liveliness => ByteRate + Exchanges.CountRate;
}
