using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>Frames become records, and records are shown.</summary>
internal sealed class RecordFrames(ShardOptions options, RecordDesk desk) : FrameSink
{
    private readonly Shard _shard = new(options, desk);

    public override bool IsFull => desk.IsFull;

    public override void Take(ReadOnlySpan<Frame> frames) => _shard.Run(frames);

    public override void Advance(long nowNanos) => _shard.Advance(nowNanos);

    public override void Flush()
    {
        _shard.Records.Flush();
        desk.Flush();
    }

    public override void Finish()
    {
        _shard.Finish();
        desk.Flush();
    }

    public override IEnumerable<LedgerLine> Ledger() => _shard.Ledger();

    public override void Dispose() => _shard.Dispose();
}
