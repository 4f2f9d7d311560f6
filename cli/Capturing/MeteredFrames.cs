using NetSniff.Cli.Outputs.Summary;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>Counts what goes to another sink. That one is its owner's.</summary>
internal sealed class MeteredFrames(FrameSink sink, CaptureMeter meter) : FrameSink
{
    public override bool IsFull => sink.IsFull;

    public override void Take(ReadOnlySpan<Frame> frames)
    {
        meter.Add(frames);
        sink.Take(frames);
    }

    public override void Advance(long nowNanos) => sink.Advance(nowNanos);

    public override void Flush() => sink.Flush();

    public override void Finish() => sink.Finish();

    public override IEnumerable<LedgerLine> Ledger() => sink.Ledger();

    public override void Dispose() { }
}
