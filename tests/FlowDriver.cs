using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Tests;

/// <summary>Drives a datagram parser as the pipeline does: one flow at a time, its word kept between datagrams.
/// </summary>
internal sealed class FlowDriver
{
    private readonly Dictionary<ulong, uint> _slots = [];

    public FlowDriver(DatagramParser parser)
    {
        Parser = parser;
        Context = new ParseContext(Sink) { FlowId = 1 };
    }

    public DatagramParser Parser { get; }

    public RecordSink Sink { get; } = TestRecords.NewSink();

    public ParseContext Context { get; }

    public DatagramResult Last { get; private set; }

    public List<string> Records => TestRecords.Lines(Sink);

    /// <summary>Each datagram is a millisecond after the one before.</summary>
    public FlowDriver Say(Direction direction, ReadOnlySpan<byte> datagram, ulong flow = 1)
    {
        Context.NowNanos += 1_000_000;
        Turn(flow);
        Last = Parser.Parse(datagram, direction, Context);
        _slots[flow] = Context.Slot;
        return this;
    }

    public FlowDriver End(ulong flow = 1)
    {
        Turn(flow);
        if (Context.Slot != 0) Parser.EndFlow(Context);
        _slots.Remove(flow);
        return this;
    }

    private void Turn(ulong flow)
    {
        Context.FlowId = Sink.Context.FlowId = flow;
        Context.Slot = _slots.GetValueOrDefault(flow);
    }
}
