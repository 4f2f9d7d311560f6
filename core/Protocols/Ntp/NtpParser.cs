using System.Buffers.Text;
using NetSniff.Records;

namespace NetSniff.Protocols.Ntp;

/// <summary>Network time, RFC 5905: questions paired with answers by the timestamp that the answer repeats.</summary>
public sealed class NtpParser : DatagramParser, IProtocol
{
    public const ushort Port = 123;

    private const int ReferenceTextMax = 15;

    private readonly NtpRequests _requests = new();

    public static ProtocolInfo Info { get; } = new(
        "ntp", Transport.Datagram, [Port], HeldBytesMax: 0,
        "Network time: questions paired with answers, offset and delay; management messages by name.");

    /// <summary>Questions that could not wait for their answers, for want of room.</summary>
    public long RequestsRefused => _requests.Refused;

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        NtpProbe.Probe(bytes, direction, hints);

    public override DatagramResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        var mode = bytes.IsEmpty ? 0 : bytes[0] & 7;
        if (mode is NtpMode.Control or NtpMode.Private) return ParseManagement(bytes, mode, context);
        var isCut = context.MissingBytes > 0;
        if (!NtpMessage.TryRead(bytes, isCut, out var message) || mode == 0) return DatagramResult.Broken;

        switch (mode)
        {
            case NtpMode.Client: Ask(in message, context); break;
            case NtpMode.Server: Answer(in message, context); break;
            default: Emit(in message, default, context.NowNanos, RecordTraits.None, context); break;
        }

        return DatagramResult.Done;
    }

    public override void EndFlow(ParseContext context)
    {
        while (_requests.Count(context.Slot) > 0) GiveUp(0, context);
    }

    public override IEnumerable<ParserLoss> Losses => [new("questions refused at the cap", RequestsRefused)];

    public override void Reset() => _requests.Clear();

    private void Ask(in NtpMessage message, ParseContext context)
    {
        var count = _requests.Count(context.Slot);
        for (var index = 0; index < count; index++)
        {
            // The same datagram once more: the network doubled it, for a client never repeats a time.
            if (_requests.At(context.Slot, index).Message.Transmit == message.Transmit) return;
        }

        if (count == NtpRequests.PerFlowMax) GiveUp(0, context);
        var request = new NtpRequest { Message = message, SeenNanos = context.NowNanos };
        if (!_requests.TryKeep(ref context.Slot, in request)) EmitUnanswered(in request, context);
    }

    private void Answer(in NtpMessage message, ParseContext context)
    {
        var count = _requests.Count(context.Slot);
        for (var index = 0; index < count; index++)
        {
            if (_requests.At(context.Slot, index).Message.Transmit != message.Origin) continue;

            // Answers come in order or not at all, so what was asked before this one will not be answered.
            for (; index > 0; index--) GiveUp(0, context);
            var request = _requests.At(context.Slot, 0);
            _requests.Remove(ref context.Slot, 0);
            Emit(in message, in request, request.SeenNanos, RecordTraits.None, context);
            return;
        }

        Emit(in message, default, context.NowNanos, RecordTraits.Partial, context);
    }

    private void GiveUp(int index, ParseContext context)
    {
        var request = _requests.At(context.Slot, index);
        _requests.Remove(ref context.Slot, index);
        EmitUnanswered(in request, context);
    }

    private static void EmitUnanswered(in NtpRequest request, ParseContext context) =>
        Emit(in request.Message, in request, request.SeenNanos, RecordTraits.None, context);

    private static void Emit(
        in NtpMessage message, in NtpRequest request, long startNanos, RecordTraits traits, ParseContext context)
    {
        Span<byte> reference = stackalloc byte[ReferenceTextMax];
        var referenceText = reference[..FormatReference(in message, reference)];
        var isAnswer = message.Mode == NtpMode.Server;
        var isKiss = isAnswer && message.Stratum == 0;
        var hasRequest = request.SeenNanos != 0;
        var now = context.NowNanos;
        var record = new NtpRecord
        {
            Message = message,
            NowNanos = isAnswer ? now : startNanos,
            Reference = isKiss ? default : referenceText,
            Kiss = isKiss ? referenceText : default,
            HasRequest = hasRequest,
            LatencyNanos = isAnswer ? now - startNanos : 0,
            HasLatency = hasRequest && isAnswer,
            IsUnanswered = message.Mode == NtpMode.Client,
        };
        if (message.IsCut || request.Message.IsCut) traits |= RecordTraits.Partial;
        context.Records.Emit(in record, startNanos, traits);
    }

    /// <summary>Four letters where the source is a clock or a kiss of death, else the address of the source (RFC 5905
    /// figure 12); a hash of it in IPv6, which nobody can tell from an address.</summary>
    private static int FormatReference(in NtpMessage message, Span<byte> target)
    {
        var id = message.ReferenceId;
        if (id == 0) return 0;

        var length = 0;
        if (message.Stratum > 1)
        {
            for (var shift = 24; shift >= 0; shift -= 8)
            {
                if (length > 0) target[length++] = (byte)'.';
                Utf8Formatter.TryFormat((byte)(id >> shift), target[length..], out var digits);
                length += digits;
            }

            return length;
        }

        for (var shift = 24; shift >= 0; shift -= 8)
        {
            var letter = (byte)(id >> shift);
            if (letter is > 0x20 and < 0x7F) target[length++] = letter;
        }

        return length;
    }

    private static DatagramResult ParseManagement(ReadOnlySpan<byte> bytes, int mode, ParseContext context)
    {
        var isControl = mode == NtpMode.Control;
        var isCut = context.MissingBytes > 0;
        if (isControl ? !NtpProbe.IsControl(bytes, isCut) : !NtpProbe.IsPrivate(bytes, isCut))
        {
            return DatagramResult.Broken;
        }

        var record = new NtpManagementRecord
        {
            Mode = (byte)mode,
            Version = (byte)(bytes[0] >> 3 & 7),
            IsAnswer = NtpProbe.IsAnswer(bytes),
            Operation = isControl ? (byte)(bytes[1] & 0x1F) : bytes[3],
            Bytes = bytes.Length + context.MissingBytes,
        };
        context.Records.Emit(
            in record, context.NowNanos, isCut ? RecordTraits.Partial : RecordTraits.None);
        return DatagramResult.Done;
    }
}
