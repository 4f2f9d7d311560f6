using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Summary;
using NetSniff.Sensor.Capture.Crew;

namespace NetSniff.Cli.Capturing;

/// <summary>Each shard of a crew writes out its own records, at the same time as the others: for outputs of which every
/// line or batch stands for itself.</summary>
internal sealed class OwnOutputs(CaptureOutput output, Stream target) : CrewOutput
{
    private readonly List<(Output Output, TrafficTally? Tally)> _own = [];

    public override CrewRecords NewRecords(ShareStream share)
    {
        var buffer = new OutputBuffer(share);
        var (own, tally) = (output.NewOutput(buffer), output.Tally is null ? null : new TrafficTally());
        _own.Add((own, tally));
        return new OwnRecords(output.NewDesk(own, tally, countMax: 0), buffer);
    }

    public override void Deliver(ReadOnlySpan<byte> bytes) => target.Write(bytes);

    public override void EndChunk() => target.Flush();

    /// <summary>Once all is delivered.</summary>
    public void Finish()
    {
        foreach (var (_, tally) in _own)
        {
            if (tally is not null) output.Tally!.Add(tally);
        }
    }

    private sealed class OwnRecords(RecordDesk desk, OutputBuffer buffer) : CrewRecords
    {
        public override void Consume(ReadOnlySpan<byte> records, int count) => desk.Consume(records, count);

        public override void EndChunk() => buffer.Flush();

        public override void Flush() => desk.Flush();
    }
}

/// <summary>The records of all shards of a crew come to one desk, in order: for what looks at one after the other.
/// </summary>
internal sealed class OneOutput(RecordDesk desk) : CrewOutput
{
    public override CrewRecords NewRecords(ShareStream share) => new Copies(share);

    public override void Deliver(ReadOnlySpan<byte> bytes) => desk.Consume(bytes, count: 0);

    public override void EndChunk() => desk.Flush();

    private sealed class Copies(ShareStream share) : CrewRecords
    {
        public override void Consume(ReadOnlySpan<byte> records, int count) => share.Write(records);
    }
}
