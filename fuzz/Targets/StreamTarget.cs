using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Fuzz.Targets;

/// <summary>One stream parser, driven as the pipeline drives it: what it leaves is shown again, longer.</summary>
/// <remarks>A part is a step: its first byte says who speaks and how, the rest is what is said. The same steps are run
/// whole, whole again by a parser that was used before and reset, and chopped, and must give the same records each way.
/// </remarks>
internal sealed class StreamTarget(ProtocolEntry entry) : FuzzTarget
{
    private const int SeedsMax = 160;
    private const int StepsMax = 64;
    private const int PiecesPerStepMax = 300; // each piece copies what is held
    private const int BytesPerSegmentMax = 128 << 10; // as Shard: the parser's bound and one super-packet more

    private readonly RecordSink _records = new(1 << 20);
    private readonly byte[][] _held = [[], []];
    private readonly int[] _needed = new int[2];
    private StreamParser _parser = entry.CreateStream!();

    private enum Step { Say, Gap, End, GapOfUnknownLength }

    public override string Name => $"stream/{entry.Info.Name}";

    public override int HeadBytes => 1;

    public override int PartsMax => StepsMax;

    public override int PartBytesMax => 20 << 10;

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) => library.Talks
        .Where(IsMine)
        .Take(SeedsMax)
        .Select(talk => new FuzzInput(
            talk.Sayings.Take(StepsMax)
                .Select(saying => (byte[])[(byte)(saying.IsFromServer ? 1 : 0), .. saying.Bytes])))
        .Append(new FuzzInput([[0, .. "GET / HTTP/1.1\r\n\r\n"u8], [1, 0x81, 1, 65]]));

    public override void Run(FuzzInput input, Novelty novelty)
    {
        _parser = entry.CreateStream!();
        var whole = Drive(input, isChopped: false, novelty);
        Drive(new FuzzInput(input.Parts.Take(input.Parts.Count / 2)), isChopped: false, novelty);
        var again = Drive(input, isChopped: false, novelty);
        if (!whole.SequenceEqual(again))
        {
            throw new BrokenContractException("reset leaves a trace\n" + Difference(whole, again));
        }

        var chopped = Drive(input, isChopped: true, novelty);

        // What a gap gives up depends on how far the parser had come, and that on the chopping.
        var hasGap = input.Parts.Any(part => part.Length > 0 && KindOf(part[0]) is Step.Gap or Step.GapOfUnknownLength);
        if (!hasGap && !whole.SequenceEqual(chopped))
        {
            throw new BrokenContractException("chopping changes the records\n" + Difference(whole, chopped));
        }
    }

    /// <summary>Where the first two records that differ begin to.</summary>
    private static string Difference(List<string> whole, List<string> chopped)
    {
        const int Before = 40;
        var at = whole.Zip(chopped).TakeWhile(pair => pair.First == pair.Second).Count();
        var left = at < whole.Count ? whole[at] : "(nothing)";
        var right = at < chopped.Count ? chopped[at] : "(nothing)";
        var from = Math.Max(0, left.AsSpan().CommonPrefixLength(right) - Before);
        return $"first  {left[from..]}\nsecond {right[from..]}";
    }

    // Mostly something is said; 10 to 15 in the lower half of the byte are the rest.
    private static Step KindOf(byte head) => (head & 0xF) < 10 ? Step.Say : (Step)((head >> 1) & 3);

    private unsafe bool IsMine(Talk talk)
    {
        var hints = new ProbeHints(talk.ClientPort, talk.ServerPort, true);
        return talk.Sayings.Take(4).Any(saying =>
            entry.Probe(saying.Bytes, saying.IsFromServer ? Direction.ToClient : Direction.ToServer, hints)
                is Verdict.Yes or Verdict.YesReversed);
    }

    private List<string> Drive(FuzzInput input, bool isChopped, Novelty novelty)
    {
        var context = new ParseContext(_records) { FlowId = 1, NowNanos = 1 };
        (_held[0], _held[1]) = ([], []);
        (_needed[0], _needed[1]) = (0, 0);
        _records.Clear();
        var isOpen = true;
        foreach (var part in input.Parts.Take(StepsMax))
        {
            if (!isOpen) break;
            if (part.Length == 0) continue;

            // One moment a step, however it is chopped: records may tell times apart.
            context.NowNanos += 1_000_000;
            isOpen = Take(part, isChopped, context, novelty);
        }

        _parser.End(context);
        _parser.Reset();
        return Texts(novelty);
    }

    private bool Take(byte[] part, bool isChopped, ParseContext context, Novelty novelty)
    {
        var side = part[0] & 1;
        var direction = (Direction)side;
        var bytes = part.AsSpan(1);
        switch (KindOf(part[0]))
        {
            case Step.Say:
                var piece = Math.Max(1 + (part[0] >> 4), bytes.Length / PiecesPerStepMax);
                return Say(direction, bytes, isChopped ? piece : int.MaxValue, context, novelty);
            case Step.End:
                _parser.EndDirection(direction, context);
                return true;
            case var step:
                _held[side] = [];
                _needed[side] = 0;
                var missing = step == Step.Gap ? 1L + (bytes.Length > 0 ? bytes[0] * 64 : 0) : -1;
                return _parser.TryResync(direction, missing, context);
        }
    }

    private bool Say(Direction direction, ReadOnlySpan<byte> bytes, int piece, ParseContext context, Novelty novelty)
    {
        while (!bytes.IsEmpty)
        {
            var length = Math.Min(piece, bytes.Length);
            if (!Feed(direction, bytes[..length], context, novelty)) return false;
            bytes = bytes[length..];
        }

        return true;
    }

    private bool Feed(Direction direction, ReadOnlySpan<byte> bytes, ParseContext context, Novelty novelty)
    {
        var side = (int)direction;
        var isAlone = _held[side].Length == 0 && !bytes.IsEmpty;
        if (isAlone && _parser.TryPass(bytes, direction, context.NowNanos)) return true;

        byte[] all = [.. _held[side], .. bytes];
        if (all.Length > entry.Info.HeldBytesMax + BytesPerSegmentMax) return false;
        if (all.Length < _needed[side])
        {
            _held[side] = all;
            return true;
        }

        var position = 0;
        while (position < all.Length)
        {
            var left = all.Length - position;
            var result = _parser.Parse(all.AsSpan(position), direction, context);
            if (result.Consumed < 0 || result.Consumed > left)
            {
                throw new BrokenContractException($"consumed {result.Consumed} of {left}");
            }

            if (result.Status == ParseStatus.More && result.Needed <= left - result.Consumed)
            {
                throw new BrokenContractException($"wants {result.Needed} and was left {left - result.Consumed}");
            }

            novelty.Note(((int)result.Status << 8) | side, Novelty.Order(result.Consumed),
                (ulong)Novelty.Order(result.Needed));
            position += result.Consumed;
            _needed[side] = result.Status == ParseStatus.More ? result.Needed : all.Length - position + 1;
            if (result.Status is not (ParseStatus.Done or ParseStatus.More)) return false;
            if (result.Status == ParseStatus.More || result.Consumed == 0) break;
        }

        _held[side] = all[position..];
        if (_held[side].Length == 0) _needed[side] = 0;
        return true;
    }

    private List<string> Texts(Novelty novelty)
    {
        var texts = new List<string>();
        foreach (var record in new RecordWalker(_records.Bytes))
        {
            novelty.Note(record.Header.Kind, (int)record.Header.Traits, record.Header.Present);
            texts.Add(RecordText.Of(record).Line);
        }

        if (_records.Dropped == 0) return texts;

        throw new BrokenContractException("more records than an arena holds came of a few bytes");
    }
}
