using NetSniff.Packets;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>Every frame goes out as it came: without a condition on records nothing needs to be understood.</summary>
internal sealed class CopiedFrames(PacketCopy copy) : FrameSink
{
    public override bool IsFull => copy.IsFull;

    public override void Take(ReadOnlySpan<Frame> frames)
    {
        foreach (ref readonly var frame in frames) copy.Write(frame);
    }

    public override void Flush() => copy.Flush();

    public override void Finish() => copy.Flush();

    public override void Dispose() { }
}
