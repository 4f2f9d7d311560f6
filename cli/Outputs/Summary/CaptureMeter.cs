using NetSniff.Packets;

namespace NetSniff.Cli.Outputs.Summary;

/// <summary>How much came in when: totals, first and last time, the busiest second.</summary>
internal sealed class CaptureMeter
{
    private const long NanosPerSecond = 1_000_000_000;

    private long _second = long.MinValue;
    private long _secondPackets;
    private long _secondBytes;
    private long _peakPackets;
    private long _peakBytes;

    public long Packets { get; private set; }

    public long Bytes { get; private set; }

    public long FirstNanos { get; private set; } = long.MaxValue;

    public long LastNanos { get; private set; } = long.MinValue;

    /// <summary>Packets of the busiest second.</summary>
    public long PeakPackets => Math.Max(_peakPackets, _secondPackets);

    public long PeakBytes => Math.Max(_peakBytes, _secondBytes);

    public TimeSpan Span => Packets == 0 ? TimeSpan.Zero : TimeSpan.FromTicks((LastNanos - FirstNanos) / 100);

    public void Add(ReadOnlySpan<Frame> frames)
    {
        if (frames.IsEmpty) return;

        var bytes = 0L;
        var (first, last) = (long.MaxValue, long.MinValue);
        foreach (ref readonly var frame in frames)
        {
            bytes += frame.WireLength;
            first = Math.Min(first, frame.TimeNanos);
            last = Math.Max(last, frame.TimeNanos);
        }

        Packets += frames.Length;
        Bytes += bytes;
        FirstNanos = Math.Min(FirstNanos, first);
        LastNanos = Math.Max(LastNanos, last);
        var second = first / NanosPerSecond;
        if (second == last / NanosPerSecond) AddTo(second, frames.Length, bytes);
        else AddEach(frames);
    }

    /// <summary>Adds what another thread measured in the same time; the peaks may be of different seconds, so the sum
    /// is an upper bound.</summary>
    public void Add(CaptureMeter other)
    {
        EndSecond(_second);
        Packets += other.Packets;
        Bytes += other.Bytes;
        FirstNanos = Math.Min(FirstNanos, other.FirstNanos);
        LastNanos = Math.Max(LastNanos, other.LastNanos);
        _peakPackets += other.PeakPackets;
        _peakBytes += other.PeakBytes;
    }

    /// <summary>Frames that are not all of one second.</summary>
    private void AddEach(ReadOnlySpan<Frame> frames)
    {
        foreach (ref readonly var frame in frames) AddTo(frame.TimeNanos / NanosPerSecond, 1, frame.WireLength);
    }

    private void AddTo(long second, int packets, long bytes)
    {
        if (second != _second) EndSecond(second);
        _secondPackets += packets;
        _secondBytes += bytes;
    }

    private void EndSecond(long next)
    {
        (_peakPackets, _peakBytes) = (PeakPackets, PeakBytes);
        (_second, _secondPackets, _secondBytes) = (next, 0, 0);
    }
}
