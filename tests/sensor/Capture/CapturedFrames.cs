using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Sensor.Capture;

namespace NetSniff.Tests.Capture;

/// <summary>A frame copied out of a capture.</summary>
internal sealed record CapturedFrame(Frame Frame, byte[] Bytes, byte[] Whole)
{
    public int Number => PacketSender.NumberOf(Bytes);
}

internal static class CapturedFrames
{
    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(100);

    /// <summary>Stops the capture and takes everything it has.</summary>
    public static List<CapturedFrame> Drain(PacketCapture capture)
    {
        capture.Stop();
        return ReadToEnd(capture);
    }

    public static List<CapturedFrame> ReadToEnd(PacketCapture capture, int batch = 64)
    {
        var taken = new List<CapturedFrame>();
        var end = Environment.TickCount64 + (long)TestNetwork.Patience.TotalMilliseconds;
        while (TakeSome(capture, taken, batch))
        {
            if (Environment.TickCount64 > end) Assert.Fail($"the capture does not end; {taken.Count} frames came");
        }

        return taken;
    }

    /// <summary>One step; false at the end.</summary>
    public static bool TakeSome(PacketCapture capture, List<CapturedFrame> taken, int batch = 64)
    {
        var frames = new Frame[batch];
        var count = capture.Receive(frames, s_wait);
        for (var index = 0; index < count; index++)
        {
            ref readonly var frame = ref frames[index];
            var whole = new byte[frame.CapturedLength + WholeFrame.Added(in frame)];
            WholeFrame.CopyTo(in frame, whole);
            taken.Add(new CapturedFrame(frame, frame.Bytes.ToArray(), whole));
        }

        capture.Release();
        return count >= 0;
    }

    /// <summary>The capture's account, once it has ended, leaves nothing open.</summary>
    public static void AssertBalanced(PacketCapture capture)
    {
        var counters = capture.Counters;
        Assert.Equal(0, counters.Unexplained);
        Assert.Equal(counters.Offered, counters.Received + counters.Filtered + counters.Dropped);
    }
}
