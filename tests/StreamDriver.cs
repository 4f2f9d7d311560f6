using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Tests;

/// <summary>Drives a stream parser as the pipeline does: leftovers are kept and shown again, longer.</summary>
internal sealed class StreamDriver(StreamParser parser)
{
    private readonly byte[][] _held = [[], []];

    public StreamParser Parser { get; private set; } = parser;

    public RecordSink Sink { get; } = TestRecords.NewSink();

    public ParseContext Context => field ??= new ParseContext(Sink) { FlowId = 1 };

    public ParseStatus LastStatus { get; private set; }

    /// <summary>Bytes of a direction that the parser did not consume.</summary>
    public int Held(Direction direction) => _held[(int)direction].Length;

    public List<string> Records => TestRecords.Lines(Sink);

    /// <summary>Says bytes in pieces of at most <paramref name="piece"/>; each piece is a millisecond later.</summary>
    public StreamDriver Say(Direction direction, ReadOnlySpan<byte> bytes, int piece = int.MaxValue)
    {
        while (!bytes.IsEmpty && LastStatus is ParseStatus.Done or ParseStatus.More)
        {
            var length = Math.Min(piece, bytes.Length);
            Context.NowNanos += 1_000_000;
            Feed(direction, bytes[..length]);
            bytes = bytes[length..];
        }

        return this;
    }

    public StreamDriver End()
    {
        Parser.End(Context);
        return this;
    }

    private void Feed(Direction direction, ReadOnlySpan<byte> bytes)
    {
        if (_held[(int)direction].Length == 0 && Parser.TryPass(bytes, direction, Context.NowNanos)) return;

        byte[] all = [.. _held[(int)direction], .. bytes];
        var position = 0;
        while (position < all.Length)
        {
            var result = Parser.Parse(all.AsSpan(position), direction, Context);
            if (result.Consumed < 0 || result.Consumed > all.Length - position)
            {
                throw new InvalidOperationException($"consumed {result.Consumed} of {all.Length - position}");
            }

            if (result.Status == ParseStatus.More && result.Needed <= all.Length - position - result.Consumed)
            {
                throw new InvalidOperationException("More must need more than what was left");
            }

            position += result.Consumed;
            LastStatus = result.Status;
            if (result.Status != ParseStatus.Done || result.Consumed == 0) break;
        }

        _held[(int)direction] = all[position..];
    }
}
