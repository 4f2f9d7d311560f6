using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Keeping;

namespace NetSniff.Sensor.Export;

/// <summary>Frames become records, and records batches in the spool. One thread.</summary>
/// <param name="keeper">Keeps the frames themselves; null where they are not kept.</param>
internal sealed class ExportFrames(
    ShardOptions options, Exporter exporter, SensorParts parts, PacketKeeper? keeper = null) : FrameSink
{
    private readonly Shard _shard = new(options, parts.Gate(exporter));

    public override bool IsFull => false;

    public Shard Shard => _shard;

    public override void Take(ReadOnlySpan<Frame> frames)
    {
        parts.BeforeBatch?.Invoke(_shard);
        _shard.Run(frames);
        // Behind the shard, which by now knows what the flows speak.
        keeper?.Take(frames, _shard.FrameApps);
        exporter.Tick();
    }

    public override void Advance(long nowNanos) => _shard.Advance(nowNanos);

    /// <summary>Nothing more for the moment: records go to their batches, and those that waited long enough go on.
    /// </summary>
    public override void Flush()
    {
        _shard.Records.Flush();
        keeper?.Tick();
        exporter.Tick();
    }

    public override void Finish()
    {
        _shard.Finish();
        exporter.Flush();
    }

    public override IEnumerable<LedgerLine> Ledger() => [.. _shard.Ledger(), .. exporter.Counters.Ledger()];

    public override void Dispose()
    {
        _shard.Dispose();
        exporter.Dispose();
        keeper?.Dispose();
    }
}
