using NetSniff.Cli.Outputs.Pcapng;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>The second reading of a file: the packets of flows that the first one found wanted.</summary>
/// <remarks>A shard is deterministic, so the flows get the numbers they had before.</remarks>
internal sealed class SelectedFrames(WantedFlows wanted, PacketCopy copy) : FrameSink
{
    private readonly Shard _shard = new(
        new ShardOptions { KeepsFrameFlows = true, ReadsProtocols = false }, new NoRecords());

    public override bool IsFull => copy.IsFull;

    public override void Take(ReadOnlySpan<Frame> frames)
    {
        _shard.Run(frames);
        var flows = _shard.FrameFlows;
        for (var index = 0; index < frames.Length; index++)
        {
            if (wanted.Contains(flows[index])) copy.Write(frames[index]);
        }
    }

    public override void Flush() => copy.Flush();

    public override void Finish() => copy.Flush();

    public override void Dispose() => _shard.Dispose();

    private sealed class NoRecords : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count) { }
    }
}
