using NetSniff.Json;
using NetSniff.Packets;

namespace NetSniff.Sensor.Capture;

/// <summary>Carries frames from a capture to a sink until one of them has had enough.</summary>
public sealed class CapturePump(FrameSink sink, TimeProvider clock)
{
    public const int BatchFramesMax = 256;

    /// <summary>With full batches all the time, what was found is still shown after so many of them.</summary>
    private const int BatchesUnshownMax = 256;

    /// <summary>How far time is kept behind the clock on a quiet wire: frames that already have their time may still
    /// wait in a ring, and none may arrive in the past of its flow.</summary>
    private const long LagNanos = 1_000_000_000;

    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(100);

    private readonly Frame[] _frames = new Frame[BatchFramesMax];
    private int _batchesUnshown;

    /// <summary>Called after each batch.</summary>
    public Action<PacketCapture>? Progressed { get; init; }

    /// <summary>Called when the sink has had enough, more than once.</summary>
    public Action? Filled { get; init; }

    /// <summary>Frames that came when the sink had had enough.</summary>
    public long Unwanted { get; private set; }

    /// <summary>Runs a capture to its end, which is where it was stopped or its sink had enough: what it had by then is
    /// still taken out of it.</summary>
    /// <param name="isLive">Whether the capture's time is now, so that a quiet wire ends flows too.</param>
    public void Run(PacketCapture capture, bool isLive, CancellationToken stop)
    {
        while (true)
        {
            if (sink.IsFull) Filled?.Invoke();
            if (stop.IsCancellationRequested || sink.IsFull) capture.Stop();
            var count = capture.Receive(_frames, s_wait);
            if (count < 0) break;

            if (count > 0)
            {
                Take(_frames.AsSpan(0, count));
            }
            else if (isLive)
            {
                sink.Advance(NowNanos() - LagNanos);
            }

            capture.Release();
            // A batch that is not full says that the source has no more for the moment.
            if (count < BatchFramesMax || ++_batchesUnshown >= BatchesUnshownMax)
            {
                sink.Flush();
                _batchesUnshown = 0;
            }

            Progressed?.Invoke(capture);
        }
    }

    private void Take(ReadOnlySpan<Frame> frames)
    {
        if (sink.IsFull)
        {
            Unwanted += frames.Length;
            return;
        }

        sink.Take(frames);
    }

    private long NowNanos() => Timestamps.Nanos(clock.GetUtcNow());
}
