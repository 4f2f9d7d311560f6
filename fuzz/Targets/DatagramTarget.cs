using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Fuzz.Targets;

/// <summary>One datagram parser with some flows, each with the word that is its own.</summary>
/// <remarks>A part is a datagram; its first byte says of which flow and direction, and sometimes that the flow ends.
/// </remarks>
internal sealed class DatagramTarget(ProtocolEntry entry) : FuzzTarget
{
    private const int SeedsMax = 200;
    private const int FlowsMax = 8;
    private const int EndOfFlow = 0x80;
    private const int DatagramsPerSeed = 4;

    private readonly RecordSink _records = new(1 << 20);
    private readonly DatagramParser _parser = entry.CreateDatagram!();

    public override string Name => $"datagram/{entry.Info.Name}";

    public override int HeadBytes => 1;

    public override int PartsMax => 24;

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) => library.Datagrams
        .Where(IsMine)
        .Take(SeedsMax * DatagramsPerSeed)
        .Chunk(DatagramsPerSeed)
        .Select(some => new FuzzInput(some.Select(datagram => (byte[])
        [
            HeadOf(datagram.Ends), .. datagram.Payload,
        ])))
        .Append(new FuzzInput([[0]]));

    public override void Run(FuzzInput input, Novelty novelty)
    {
        _parser.Reset();
        _records.Clear();
        var context = new ParseContext(_records) { NowNanos = 1 };
        Span<uint> slots = stackalloc uint[FlowsMax];
        slots.Clear();
        foreach (var part in input.Parts)
        {
            if (part.Length < 2) continue;

            var flow = (part[0] >> 1) & (FlowsMax - 1);
            context.FlowId = (ulong)flow + 1;
            context.Slot = slots[flow];
            context.NowNanos += 1_000_000L << (part[0] >> 4 & 7);
            var result = _parser.Parse(part.AsSpan(1), (Direction)(part[0] & 1), context);
            slots[flow] = context.Slot;
            novelty.Note((int)result, part[0] & 1, (ulong)Novelty.Order(part.Length));
            if ((part[0] & EndOfFlow) != 0) End(slots, flow, context);
        }

        for (var flow = 0; flow < FlowsMax; flow++) End(slots, flow, context);
        foreach (var record in new RecordWalker(_records.Bytes))
        {
            novelty.Note(record.Header.Kind, (int)record.Header.Traits, record.Header.Present);
            _ = RecordText.Of(record);
        }
    }

    /// <summary>The lower port answers; ports say which of the flows it is.</summary>
    private static byte HeadOf(Ends ends)
    {
        var flow = (ends.SourcePort + ends.TargetPort) & (FlowsMax - 1);
        return (byte)((flow << 1) | (ends.SourcePort < ends.TargetPort ? 1 : 0));
    }

    private void End(Span<uint> slots, int flow, ParseContext context)
    {
        if (slots[flow] == 0) return;

        context.FlowId = (ulong)flow + 1;
        context.Slot = slots[flow];
        _parser.EndFlow(context);
        slots[flow] = 0;
    }

    private unsafe bool IsMine(Segment datagram)
    {
        var hints = new ProbeHints(datagram.Ends.SourcePort, datagram.Ends.TargetPort, true);
        return entry.Probe(datagram.Payload, Direction.ToServer, hints) is Verdict.Yes or Verdict.YesReversed
            || entry.Probe(datagram.Payload, Direction.ToClient, hints) is Verdict.Yes or Verdict.YesReversed;
    }
}
