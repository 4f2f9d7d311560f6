using NetSniff.Cli.Outputs.Pcapng;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>A source that is read once: packets are held back until a record of their flow matches, then they and all
/// that follow go out.</summary>
internal sealed class HeldFrames(ShardOptions options, RecordDesk desk, WantedFlows wanted, PacketCopy copy) : FrameSink
{
    private readonly Shard _shard = new(options with { KeepsFrameFlows = true }, desk);
    private readonly HeldPackets _held = new();

    public override bool IsFull => copy.IsFull;

    public override void Take(ReadOnlySpan<Frame> frames)
    {
        _shard.Run(frames);
        Settle();
        var flows = _shard.FrameFlows;
        for (var index = 0; index < frames.Length; index++)
        {
            if (wanted.Contains(flows[index])) copy.Write(frames[index]);
            else _held.Hold(frames[index], flows[index]);
        }

        wanted.Settle();
    }

    public override void Advance(long nowNanos)
    {
        _shard.Advance(nowNanos);
        Settle();
        wanted.Settle();
    }

    public override void Flush() => copy.Flush();

    public override void Finish()
    {
        _shard.Finish();
        ReleaseFresh();
        copy.Flush();
    }

    public override IEnumerable<LedgerLine> Ledger() =>
    [
        .. _shard.Ledger(),
        new("packets", "flows whose first packets had left the buffer", _held.FlowsCutShort, true),
        new("packets", "packets longer than the buffer", _held.TooLong, true),
    ];

    public override void Dispose() => _shard.Dispose();

    // Records first: the packets of this batch may belong to a flow that only now turned out to be wanted.
    private void Settle()
    {
        _shard.Records.Flush();
        ReleaseFresh();
    }

    private void ReleaseFresh()
    {
        foreach (var flow in wanted.Fresh) copy.WriteHeld(_held, flow);
        wanted.Fresh.Clear();
    }
}
