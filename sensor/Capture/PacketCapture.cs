using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Sensor.Capture;

/// <summary>A source of frames: a file, a ring the kernel fills. One thread receives; any may ask for the counters.
/// </summary>
/// <remarks>Frames are borrowed: their bytes are good until <see cref="Release"/>, which must be called before the
/// next <see cref="Receive"/>.</remarks>
public abstract class PacketCapture : IDisposable
{
    /// <summary>What is read, as the user named it.</summary>
    public abstract string Name { get; }

    /// <summary><see cref="Frame.Interface"/> is a place in it. It may grow while frames are received; captures that
    /// were opened together have one in common.</summary>
    public abstract IReadOnlyList<CaptureInterface> Interfaces { get; }

    /// <summary>Fills <paramref name="frames"/>.</summary>
    /// <returns>How many; 0 when none came within <paramref name="wait"/>; -1 at the end, where
    /// <see cref="Problem"/> tells an early end from a good one.</returns>
    public abstract int Receive(Span<Frame> frames, TimeSpan wait);

    /// <summary>Takes no more frames in. Those it has are still given by <see cref="Receive"/>, which then ends.
    /// </summary>
    /// <remarks>Any thread may call it, more than once.</remarks>
    public abstract void Stop();

    /// <summary>Gives the frames of the last <see cref="Receive"/> back.</summary>
    public abstract void Release();

    /// <summary>Puts another filter, choice of interfaces, direction and snap length in force while frames come. None
    /// is lost by it; those that wait were taken under the old ones. Any thread.</summary>
    /// <exception cref="CaptureException">It cannot be, and everything is as it was.</exception>
    public virtual void Change(LiveOptions options) =>
        throw new CaptureException($"{Name}: what is read from a file cannot be changed while it is read");

    public abstract CaptureCounters Counters { get; }

    /// <summary>What is wrong with the source, if anything: why a file ended early, which interface is down.</summary>
    public virtual CaptureProblem? Problem => null;

    /// <summary>Share of the file read, 0 to 1; null where there is no end in sight.</summary>
    public virtual double? Progress => null;

    /// <summary>Size of the file as it lies on disk.</summary>
    public virtual long? BytesTotal => null;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}

/// <param name="Text">One line: what, where, and what to do.</param>
/// <param name="Offset">Byte of the file, when it is about a file that is not compressed.</param>
public sealed record CaptureProblem(string Text, long? Offset = null);

/// <summary>The source cannot be opened. The message is for the user: what, why, and what to do.</summary>
public sealed class CaptureException : Exception
{
    public CaptureException()
    {
    }

    public CaptureException(string message)
        : base(message)
    {
    }

    public CaptureException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
