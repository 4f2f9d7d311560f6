using NetSniff.Packets;
using NetSniff.Pipeline;

namespace NetSniff.Sensor.Capture;

/// <summary>What happens to the frames of a capture. One per capturing thread.</summary>
public abstract class FrameSink : IDisposable
{
    /// <summary>Enough: no more frames, please.</summary>
    public abstract bool IsFull { get; }

    /// <summary>Takes a batch; the frames are borrowed for the call.</summary>
    public abstract void Take(ReadOnlySpan<Frame> frames);

    /// <summary>Nothing came for a while; it is now so late.</summary>
    public virtual void Advance(long nowNanos) { }

    /// <summary>Shows what there is: the source has nothing more for the moment.</summary>
    public virtual void Flush() { }

    /// <summary>The capture has ended.</summary>
    public virtual void Finish() { }

    public virtual IEnumerable<LedgerLine> Ledger() => [];

    public abstract void Dispose();
}
