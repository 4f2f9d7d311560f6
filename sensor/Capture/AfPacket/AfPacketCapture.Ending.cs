using NetSniff.Packets;

namespace NetSniff.Sensor.Capture.AfPacket;

public sealed partial class AfPacketCapture
{
    /// <summary>The kernel's own count says when the rings are empty; this is for the case that it never agrees, and
    /// then the balance shows what is missing.</summary>
    private static readonly TimeSpan s_drainMax = TimeSpan.FromSeconds(5);

    private bool _isStopped;
    private long _endingSince;
    private long _drainedSince;

    public override void Stop()
    {
        foreach (var ring in _rings) ring.Stop();
        Volatile.Write(ref _isStopped, true);
    }

    private bool IsEnding() => Volatile.Read(ref _isStopped) || Array.TrueForAll(_rings, ring => ring.IsGone);

    /// <summary>Waits for the block that the kernel still fills: its timer hands it over.</summary>
    /// <returns>-1 once every frame the kernel counted was walked.</returns>
    private int ReceiveLast(Span<Frame> frames, TimeSpan wait)
    {
        var now = Environment.TickCount64;
        if (_endingSince == 0) _endingSince = now;
        if (now - _endingSince > s_drainMax.TotalMilliseconds) return -1;

        if (Array.TrueForAll(_rings, ring => ring.IsDrained()))
        {
            // Another processor may just be putting a frame in that passed the old filter, so it is asked twice.
            if (_drainedSince == 0) _drainedSince = now;
            if (now - _drainedSince > BlockWait.TotalMilliseconds) return -1;
        }
        else
        {
            _drainedSince = 0;
        }

        var patience = BlockWait + BlockWait;
        if (LibC.Wait(_entries, patience < wait ? patience : wait)) CheckErrors();
        return Collect(frames);
    }
}
