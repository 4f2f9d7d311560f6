using System.Buffers.Binary;

namespace NetSniff.Protocols.Dns;

/// <summary>DNS over TCP, RFC 7766: messages behind two bytes of length, many on one connection, answers in any order.
/// </summary>
public sealed class DnsStreamParser : StreamParser, IProtocol
{
    /// <summary>Questions that may wait on one connection.</summary>
    public const int PendingMax = 64;

    private const int PendingChunk = 4;
    private const int LengthSize = 2;

    /// <summary>Bytes it takes to judge a start: a whole header.</summary>
    private const int StartSize = LengthSize + DnsHeader.Size;

    private readonly DnsPairing _pairing = new(PendingMax, PendingChunk, isMulticast: false, isTcp: true);
    private uint _slot;

    // Bytes of this direction are missing: the next ones have to look like a message's start.
    private bool _isClientLost;
    private bool _isServerLost;

    public static ProtocolInfo Info { get; } = new(
        "dns", Transport.Stream, [DnsParser.Port], HeldBytesMax: LengthSize + ushort.MaxValue,
        "Domain names over TCP: questions paired with answers, zone transfers.");

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints)
    {
        var verdict = ProbeStart(bytes, hints.IsPort(DnsParser.Port));
        if (verdict != Verdict.Yes) return verdict;

        var isAnswer = (bytes[LengthSize + 2] & 0x80) != 0;
        var isSaidByServer = direction == Direction.ToClient;
        return isAnswer == isSaidByServer || hints.ServerPort == DnsParser.Port ? Verdict.Yes : Verdict.YesReversed;
    }

    public override ParseResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        ref var isLost = ref LossOf(direction);
        if (isLost)
        {
            var verdict = ProbeStart(bytes, isKnownPort: false);
            if (verdict == Verdict.No) return ParseResult.Broken(0);
            if (verdict == Verdict.Maybe) return ParseResult.More(0, WantedForStart(bytes));

            isLost = false;
        }

        _pairing.GiveUpOverdue(context, ref _slot);
        var position = 0;
        while (true)
        {
            var rest = bytes[position..];
            if (rest.IsEmpty) return ParseResult.Done(position);
            if (rest.Length < LengthSize) return ParseResult.More(position, LengthSize);

            int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (length < DnsHeader.Size) return ParseResult.Broken(position);
            if (rest.Length < LengthSize + length) return ParseResult.More(position, LengthSize + length);

            var message = rest.Slice(LengthSize, length);
            if (!_pairing.TryTake(message, direction, context, ref _slot)) return ParseResult.Broken(position);

            position += LengthSize + length;
        }
    }

    public override bool TryResync(Direction direction, long missing, ParseContext context)
    {
        LossOf(direction) = true;
        _pairing.GapNanos = Math.Max(1, context.NowNanos);
        return true;
    }

    public override void End(ParseContext context) => _pairing.EndFlow(context, ref _slot);

    public override void Reset()
    {
        _pairing.Clear();
        _slot = 0;
        _isClientLost = _isServerLost = false;
    }

    private ref bool LossOf(Direction direction)
    {
        if (direction == Direction.ToServer) return ref _isClientLost;
        return ref _isServerLost;
    }

    /// <summary>Whether a message begins here; which way it goes is left open.</summary>
    private static Verdict ProbeStart(ReadOnlySpan<byte> bytes, bool isKnownPort)
    {
        if (bytes.Length < LengthSize) return Verdict.Maybe;

        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (length < DnsHeader.Size) return Verdict.No;
        if (!DnsHeader.TryRead(bytes[LengthSize..], out var header)) return Verdict.Maybe;
        if (!DnsShape.IsPlausible(in header, length)) return Verdict.No;

        var message = bytes[LengthSize..];
        if (message.Length < length) return isKnownPort ? Verdict.Yes : Verdict.Maybe;

        message = message[..length];
        var isOurs = isKnownPort
            ? DnsShape.IsMessage(message, out _, out _)
            : DnsShape.IsSurely(message, isMulticast: false);
        return isOurs && !DnsShape.IsNetBios(message) ? Verdict.Yes : Verdict.No;
    }

    private static int WantedForStart(ReadOnlySpan<byte> bytes) =>
        bytes.Length < StartSize ? StartSize : LengthSize + BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
