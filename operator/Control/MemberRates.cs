namespace NetSniff.Operator.Control;

/// <summary>What a member's counters, which only grow, come to in the last minute: from one report to the next they
/// jump.</summary>
internal sealed class MemberRates
{
    private const int SamplesMax = 64;
    private const long WindowMillis = 60_000;

    private readonly Queue<Sample> _samples = new();
    private Sample _last;

    private readonly record struct Sample(long UpMillis, long Packets, long Bytes, long Dropped);

    public double PacketsPerSecond { get; private set; }

    public double BitsPerSecond { get; private set; }

    /// <summary>Dropped by offered, in the last minute.</summary>
    public double DropRatio { get; private set; }

    public void Add(long upMillis, long packets, long bytes, long dropped)
    {
        var now = new Sample(upMillis, packets, bytes, dropped);
        // Counters that go back are another process'.
        if (upMillis < _last.UpMillis || packets < _last.Packets)
        {
            _samples.Clear();
            (PacketsPerSecond, BitsPerSecond, DropRatio) = (0, 0, 0);
        }

        if (_samples.Count == 0)
        {
            _samples.Enqueue(now);
            _last = now;
            return;
        }

        var seconds = (upMillis - _last.UpMillis) / 1000.0;
        if (seconds < 0.1) return; // sent for another reason than time: too short to divide by

        _last = now;
        _samples.Enqueue(now);
        while (_samples.Count > SamplesMax || upMillis - _samples.Peek().UpMillis > WindowMillis) _samples.Dequeue();

        var first = _samples.Peek();
        var length = (upMillis - first.UpMillis) / 1000.0;
        PacketsPerSecond = length > 0 ? (packets - first.Packets) / length : 0;
        BitsPerSecond = length > 0 ? (bytes - first.Bytes) * 8 / length : 0;
        var lost = dropped - first.Dropped;
        var offered = packets - first.Packets + lost;
        DropRatio = offered > 0 ? (double)lost / offered : 0;
    }
}
