using NetSniff.Protocols;
using NetSniff.Records;
using Xunit;

namespace NetSniff.Tests.Protocols;

/// <summary>Shows the datagrams of a flow to a parser as the pipeline does.</summary>
internal sealed class DatagramRun(int entry)
{
    private const long DatagramNanos = 1_000_000;
    private const long StartNanos = 1_700_000_000_000_000_000;

    private readonly DatagramParser _parser = NetSniff.Protocols.Protocols.All[entry].CreateDatagram!();

    public RecordSink Sink { get; } = new(capacity: 1 << 22);

    public ParseContext Context => field ??= new ParseContext(Sink);

    public List<string> Records => TestRecords.TimedLines(Sink, StartNanos);

    /// <param name="without">A datagram that got lost, or -1.</param>
    public DatagramRun Tell(Sample sample, int without = -1)
    {
        Start(sample.ClientPort, sample.ServerPort);
        for (var index = 0; index < sample.Said.Count; index++)
        {
            Context.NowNanos += DatagramNanos;
            if (index == without) continue;
            var (direction, bytes) = sample.Said[index];
            if (!Say(bytes, direction)) break;
        }

        End();
        return this;
    }

    public void Start(ushort clientPort, ushort serverPort)
    {
        (Sink.Context.ClientPort, Sink.Context.ServerPort) = (clientPort, serverPort);
        Context.NowNanos = StartNanos;
        (Context.App, Context.Slot, Context.FlowId) = (0, 0, Context.FlowId + 1);
        Sink.Context.FlowId = Context.FlowId;
    }

    /// <summary>The conversation as a capture has it that keeps so many bytes of a datagram.</summary>
    public DatagramRun TellCut(Sample sample, int keptMax)
    {
        Start(sample.ClientPort, sample.ServerPort);
        foreach (var (direction, bytes) in sample.Said)
        {
            Context.NowNanos += DatagramNanos;
            var kept = Math.Min(keptMax, bytes.Length);
            if (!Say(bytes.AsSpan(0, kept), direction, bytes.Length - kept)) break;
        }

        End();
        return this;
    }

    /// <param name="missingBytes">What the capture left out behind them.</param>
    /// <returns>Whether the parser wants to see more of this flow.</returns>
    public bool Say(ReadOnlySpan<byte> bytes, Direction direction, int missingBytes = 0)
    {
        Context.MissingBytes = missingBytes;
        return _parser.Parse(bytes, direction, Context) != DatagramResult.Finished;
    }

    public void End()
    {
        Context.NowNanos += DatagramNanos;
        if (Context.Slot == 0) return;

        // A flow that says nothing is open is not ended by the pipeline: it must have nothing to say.
        var emitted = Sink.Emitted;
        var isNothingOpen = Context.Slot >= ParseContext.NothingOpen;
        _parser.EndFlow(Context);
        Assert.False(isNothingOpen && Sink.Emitted > emitted);
    }

    public void Forget()
    {
        _parser.Reset();
        Sink.Clear();
    }
}
