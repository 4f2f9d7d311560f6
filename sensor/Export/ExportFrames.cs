using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Sensor.Export;

/// <summary>Frames become records, and records batches in the spool. One thread.</summary>
internal sealed class ExportFrames(ShardOptions options, Exporter exporter, SensorParts parts) : FrameSink
{
    private readonly Shard _shard = new(options, parts.Gate(exporter));

    public override bool IsFull => false;

    public Shard Shard => _shard;

    public override void Take(ReadOnlySpan<Frame> frames)
    {
        parts.BeforeBatch?.Invoke(_shard);
        _shard.Run(frames);
        exporter.Tick();
    }

    public override void Advance(long nowNanos) => _shard.Advance(nowNanos);

    /// <summary>Nothing more for the moment: records go to their batches, and those that waited long enough go on.
    /// </summary>
    public override void Flush()
    {
        _shard.Records.Flush();
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
    }
}
