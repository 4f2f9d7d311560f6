using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols;

/// <summary>Shows a conversation to stream parsers as the pipeline does, and holds every answer to the contract. Used
/// again and again without allocating.</summary>
internal sealed class StreamRun
{
    private const int RoomBytes = 1 << 20;
    private const long UtteranceNanos = 1_000_000;
    private const long StartNanos = 1_700_000_000_000_000_000;

    private readonly StreamParser?[] _parsers = new StreamParser?[NetSniff.Protocols.Protocols.All.Count];
    private readonly byte[][] _held = [new byte[RoomBytes], new byte[RoomBytes]];
    private readonly int[] _heldLength = new int[2];
    private readonly int[] _needed = new int[2];
    private StreamParser? _parser;

    public StreamRun()
    {
        _ = NetSniff.Protocols.Protocols.Records.Count;
        Context = new ParseContext(Sink) { FlowId = 7 };
    }

    public RecordSink Sink { get; } = new(capacity: 1 << 22);

    public ParseContext Context { get; }

    /// <summary>Line of the list that reads now.</summary>
    public int Entry { get; private set; }

    public bool IsReading => _parser is not null;

    public List<string> Records => TestRecords.TimedLines(Sink, StartNanos);

    /// <summary>The whole of a conversation in pieces of at most so many bytes.</summary>
    public StreamRun Tell(Sample sample, int piece = int.MaxValue, Random? random = null)
    {
        Start(sample);
        foreach (var said in sample.Said) Say(said.Direction, said.Bytes, piece, random);
        End();
        return this;
    }

    public void Start(Sample sample) => Start(sample.Owner, sample.ClientPort, sample.ServerPort);

    public void Start(int entry, ushort clientPort, ushort serverPort)
    {
        (Sink.Context.ClientPort, Sink.Context.ServerPort) = (clientPort, serverPort);
        Context.NowNanos = StartNanos;
        (Context.App, Context.UpgradeTo, Context.IsMidstream) = (0, null, false);
        Select(entry);
    }

    /// <summary>All pieces come at the same time, so that how they are cut changes nothing.</summary>
    public void Say(Direction direction, ReadOnlySpan<byte> bytes, int piece = int.MaxValue, Random? random = null)
    {
        Context.NowNanos += UtteranceNanos;
        SayMore(direction, bytes, piece, random);
    }

    /// <summary>The rest of an utterance.</summary>
    public void SayMore(Direction direction, ReadOnlySpan<byte> bytes, int piece = int.MaxValue, Random? random = null)
    {
        while (!bytes.IsEmpty && _parser is not null)
        {
            var length = Math.Min(random?.Next(1, piece) ?? piece, bytes.Length);
            Feed(direction, bytes[..length]);
            bytes = bytes[length..];
        }
    }

    /// <summary>So many bytes of one direction were never seen.</summary>
    public void Lose(Direction direction, int missing)
    {
        var wasHeld = _heldLength[(int)direction] > 0;
        (_heldLength[(int)direction], _needed[(int)direction]) = (0, 0);
        if (_parser is null || _parser.TryResync(direction, wasHeld ? -1 : missing, Context)) return;

        Release();
    }

    public void End()
    {
        Context.NowNanos += UtteranceNanos;
        if (_parser is null) return;

        _parser.EndDirection(Direction.ToServer, Context);
        _parser.EndDirection(Direction.ToClient, Context);
        Release();
    }

    /// <summary>Ready for another conversation, with the parsers of this one.</summary>
    public void Forget()
    {
        Release();
        Sink.Clear();
    }

    private void Select(int entry)
    {
        Entry = entry;
        _parser = _parsers[entry] ??= NetSniff.Protocols.Protocols.All[entry].CreateStream!();
    }

    private void Release()
    {
        _parser?.End(Context);
        _parser?.Reset();
        _parser = null;
        Array.Clear(_heldLength);
        Array.Clear(_needed);
    }

    private void Feed(Direction direction, ReadOnlySpan<byte> bytes)
    {
        var side = (int)direction;
        var isAlone = _heldLength[side] == 0 && !bytes.IsEmpty;
        if (isAlone && _parser!.TryPass(bytes, direction, Context.NowNanos)) return;

        bytes.CopyTo(_held[side].AsSpan(_heldLength[side]));
        _heldLength[side] += bytes.Length;
        if (_heldLength[side] < _needed[side]) return;

        var position = 0;
        while (position < _heldLength[side])
        {
            var result = _parser!.Parse(_held[side].AsSpan(position, _heldLength[side] - position), direction, Context);
            Check(result, _heldLength[side] - position);
            position += result.Consumed;
            if (result.Status == ParseStatus.Done && result.Consumed > 0) continue;

            _needed[side] = result.Status == ParseStatus.More ? result.Needed : _heldLength[side] - position + 1;
            if (result.Status is ParseStatus.Done or ParseStatus.More) break;

            Drop(side, position);
            if (result.Status == ParseStatus.Upgrade) Upgrade(direction);
            else Release();
            return;
        }

        Drop(side, position);
    }

    private void Drop(int side, int count)
    {
        _held[side].AsSpan(count, _heldLength[side] - count).CopyTo(_held[side]);
        _heldLength[side] -= count;
        if (_heldLength[side] == 0) _needed[side] = 0;
    }

    private void Check(ParseResult result, int shown)
    {
        var info = NetSniff.Protocols.Protocols.All[Entry].Info;
        if (result.Consumed < 0 || result.Consumed > shown)
        {
            Assert.Fail($"{info.Name} consumed {result.Consumed} of {shown}");
        }

        if (result.Status != ParseStatus.More) return;
        if (result.Needed <= shown - result.Consumed)
        {
            Assert.Fail($"{info.Name} has {shown - result.Consumed} and needs {result.Needed}, which is not more");
        }

        if (result.Needed > info.HeldBytesMax)
        {
            Assert.Fail($"{info.Name} needs {result.Needed}, and may hold {info.HeldBytesMax}");
        }
    }

    private void Upgrade(Direction direction)
    {
        var previous = _parser!;
        var entry = -1;
        for (var index = 0; index < NetSniff.Protocols.Protocols.All.Count; index++)
        {
            var line = NetSniff.Protocols.Protocols.All[index];
            if (line.CreateStream is not null && line.Info.Name == Context.UpgradeTo) entry = index;
        }

        if (entry < 0)
        {
            Release();
            return;
        }

        Select(entry);
        _parser!.Inherit(previous, Context);
        previous.End(Context);
        previous.Reset();
        Array.Clear(_needed);
        if (_heldLength[(int)direction] > 0) Feed(direction, []);
        if (_parser is not null && _heldLength[1 - (int)direction] > 0) Feed((Direction)(1 - (int)direction), []);
    }
}
