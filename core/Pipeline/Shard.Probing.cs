using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Protocols.Labels;

namespace NetSniff.Pipeline;

/// <summary>Who speaks here? By content, never by port alone.</summary>
public sealed unsafe partial class Shard
{
    private ProtocolEntry[] _entries = [];
    private ushort[] _apps = [];
    private Stack<StreamParser>[] _parsersFree = [];
    private DatagramParser?[] _datagramParsers = [];

    /// <summary>A bit for each line of the list that reads datagrams and may begin with the byte.</summary>
    private readonly ulong[] _datagramsByFirst = new ulong[byte.MaxValue + 1];

    /// <summary>Those of them that need a port, and which these are.</summary>
    private ulong _datagramsOfPorts;
    private ushort[] _portsOfDatagrams = [];

    /// <summary>A bit for each line of the list that reads streams.</summary>
    private ulong _streamCandidates;
    private int _tls = -1;
    private int _dtls = -1;

    private void PrepareProtocols()
    {
        // Touched first, so that record kinds have the numbers of the list.
        _ = Protocols.Protocols.Records.Count;
        _entries = [.. Protocols.Protocols.All];
        if (_entries.Length > 64) throw new InvalidOperationException("candidates are bits of one word: 64 protocols");

        _apps = [.. _entries.Select(entry => Apps.Add(entry.Info.Name))];
        _parsersFree = [.. _entries.Select(_ => new Stack<StreamParser>())];
        _datagramParsers = [.. _entries.Select(entry => entry.CreateDatagram?.Invoke())];
        ChooseProtocols(s_everything);
        for (var index = 0; index < _entries.Length; index++)
        {
            if (_entries[index].Info.Name == "dtls") _dtls = index;
            if (_entries[index].CreateStream is not null && _entries[index].Info.Name == "tls") _tls = index;
        }
    }

    private int IndexOfStream(string? name)
    {
        for (var index = 0; index < _entries.Length; index++)
        {
            if (_entries[index].CreateStream is not null && _entries[index].Info.Name == name) return index;
        }

        return -1;
    }

    private StreamParser RentParser(int index) =>
        _parsersFree[index].TryPop(out var parser) ? parser : _entries[index].CreateStream!();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ProbeHints Hints(Flow* flow) =>
        new(flow->ClientPort, flow->ServerPort, !flow->Is(FlowTraits.Midstream));

    /// <summary>Shows a direction's first bytes to every protocol that has not said no.</summary>
    private void Probe(Flow* flow, Conversation conversation, ReadOnlySpan<byte> bytes, int direction)
    {
        var half = conversation.Half(direction);
        var segment = bytes;
        if (half.HeldLength > 0)
        {
            if (!TryHold(flow, conversation, half, bytes)) return;
            bytes = half.HeldBytes;
        }

        var mayBegin = !half.IsBegun && ProxyHeader.MayBegin(bytes[0]);
        if (mayBegin && !TryBegin(flow, conversation, ref bytes, direction)) return;

        var verdict = Ask(flow, conversation, bytes, direction, ref half.Candidates, out var index);
        if (verdict is Verdict.Yes or Verdict.YesReversed)
        {
            if (half.HeldLength == 0 && !TryHold(flow, conversation, half, bytes)) return;
            if (index == _tls) ForgetRefused(conversation.Half(1 - direction), index);
            Select(flow, conversation, index, verdict == Verdict.YesReversed);
            return;
        }

        if (half.Candidates != 0 && bytes.Length < _options.ProbeBytesMax)
        {
            if (half.HeldLength == 0)
            {
                // While others wait for more: many protocols that nobody reads are told by where a segment ends.
                Label(flow, conversation, bytes, direction);
                TryHold(flow, conversation, half, bytes);
            }

            return;
        }

        // What this side has said so far is nobody's; the other side may yet be somebody's.
        Label(flow, conversation, bytes, direction);
        conversation.Mode = ConversationMode.Watching;
        var other = conversation.Half(1 - direction);
        if (other.HeldLength > 0) Label(flow, conversation, other.HeldBytes, 1 - direction);
        other.Release(_pool);

        // Behind a greeting that something waited upon (SOCKS) this segment may begin what the connection is for.
        var isBehind = segment.Length < bytes.Length;
        half.Release(_pool);
        if (isBehind) Watch(flow, conversation, segment, direction);
    }

    /// <summary>Steps over what a load balancer said before the client's first byte.</summary>
    /// <returns>False while that is not all there, or nothing is behind it yet.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryBegin(Flow* flow, Conversation conversation, ref ReadOnlySpan<byte> bytes, int direction)
    {
        var half = conversation.Half(direction);
        var length = ProxyHeader.Measure(bytes);
        if (length == ProxyHeader.More)
        {
            if (half.HeldLength > 0) return false;

            Label(flow, conversation, bytes, direction);
            TryHold(flow, conversation, half, bytes);
            return false;
        }

        half.IsBegun = true;
        if (length == ProxyHeader.TooLong) Counters.ProxyHeadersTooLong++;
        if (length <= 0) return true;

        Counters.ProxyHeaders++;
        bytes = bytes[length..];
        if (half.HeldLength == 0) return !bytes.IsEmpty;

        half.HeldStart += length;
        half.HeldLength -= length;
        if (bytes.IsEmpty) half.Release(_pool);
        return !bytes.IsEmpty;
    }

    /// <summary>Asks the candidates in the order of the list; those that say no are struck off.</summary>
    private Verdict Ask(
        Flow* flow, Conversation conversation, ReadOnlySpan<byte> bytes, int direction, ref ulong candidates,
        out int claimed)
    {
        var hints = new ProbeHints(
            flow->ClientPort, flow->ServerPort, IsFromStart: !conversation.IsMidstream,
            IsBehind: conversation.Mode == ConversationMode.Watching
                || (conversation.IsMidstream && !flow->Is(FlowTraits.Midstream)));
        for (var left = candidates; left != 0; left &= left - 1)
        {
            var index = System.Numerics.BitOperations.TrailingZeroCount(left);
            var verdict = _entries[index].Probe(bytes, (Direction)direction, hints);
            if (verdict is Verdict.Yes or Verdict.YesReversed)
            {
                claimed = index;
                return verdict;
            }

            if (verdict == Verdict.No) candidates &= ~(1ul << index);
        }

        claimed = -1;
        return candidates == 0 ? Verdict.No : Verdict.Maybe;
    }

    /// <summary>What is held of a side and was refused came before: the answer to a STARTTLS that was not captured.
    /// </summary>
    private void ForgetRefused(ConversationHalf half, int index)
    {
        if (half.HeldLength > 0 && (half.Candidates >> index & 1) == 0) half.Release(_pool);
    }

    /// <summary>A protocol claims the connection: it gets what was held, both ways.</summary>
    private void Select(Flow* flow, Conversation conversation, int index, bool isReversed)
    {
        if (isReversed) flow->Traits |= FlowTraits.Reversed;
        else flow->Traits &= ~FlowTraits.Reversed;
        Claim(flow, conversation, RentParser(index), index);

        // Client first, whoever that is for the parser.
        var first = isReversed ? 1 : 0;
        FeedHeld(flow, conversation, first);
        if (flow->Slot != 0) FeedHeld(flow, conversation, 1 - first);
    }

    private void FeedHeld(Flow* flow, Conversation conversation, int direction)
    {
        var half = conversation.Half(direction);
        if (half.Held is not { } held) return;

        var bytes = half.HeldBytes;
        (half.Held, half.HeldStart, half.HeldLength, half.Needed) = (null, 0, 0, 0);
        Feed(flow, conversation, bytes, direction);
        _pool.Return(held);
    }

    /// <summary>Looks at the start of a segment of a connection that nobody claimed so far.</summary>
    private void Watch(Flow* flow, Conversation conversation, ReadOnlySpan<byte> bytes, int direction)
    {
        if (!conversation.IsLabelled && conversation.Watched < LabelSegmentsMax)
        {
            Label(flow, conversation, bytes, direction);
        }

        // A labelled protocol may turn to TLS (STARTTLS); one without a label may turn into anything.
        var candidates = conversation.IsLabelled && !conversation.IsTorn && flow->App != s_socks
            ? _tls >= 0 ? 1ul << _tls & StreamCandidates(flow) : 0
            : StreamCandidates(flow);
        var verdict = Ask(flow, conversation, bytes, direction, ref candidates, out var index);
        if (verdict is Verdict.Yes or Verdict.YesReversed)
        {
            foreach (var half in conversation.Halves) half.Release(_pool);
            if (!TryHold(flow, conversation, conversation.Half(direction), bytes)) return;
            Select(flow, conversation, index, verdict == Verdict.YesReversed);
            return;
        }

        if (++conversation.Watched < _options.WatchSegmentsMax) return;
        CloseConversation(flow, FlowMode.Opaque);
    }

    private const int LabelSegmentsMax = 10;
    private static readonly ushort s_socks = Apps.Add("socks");

    private static void Label(Flow* flow, Conversation conversation, ReadOnlySpan<byte> bytes, int direction)
    {
        if (!conversation.IsLabelled && IsNameless(flow))
        {
            uint seen = 0;
            Recognise(flow, Transport.Stream, bytes, direction, ref seen);
        }

        conversation.IsLabelled = !IsNameless(flow);
    }

    /// <summary>Nobody was recognised yet, or only one who carries others.</summary>
    private static bool IsNameless(Flow* flow) => flow->App == Apps.Unknown || Labels.IsCarrier(flow->App);

    private static void Recognise(
        Flow* flow, Transport transport, ReadOnlySpan<byte> bytes, int direction, ref uint seen)
    {
        var app = Labels.Recognise(transport, bytes, (Direction)direction, Hints(flow), flow->Protocol, ref seen);
        if (app != Apps.Unknown) flow->App = app;
    }

    /// <summary>The connection ended while protocols were still asking for more: name it if its bytes can be named.
    /// </summary>
    private static void LabelHeld(Flow* flow, Conversation conversation)
    {
        for (var direction = 0; direction < 2; direction++)
        {
            var half = conversation.Half(direction);
            if (half.HeldLength > 0) Label(flow, conversation, half.HeldBytes, direction);
        }
    }

    private void HandleDatagram(Flow* flow, ref Packet packet, int direction)
    {
        if (flow->Mode == FlowMode.Opaque || !_options.ReadsProtocols) return;
        if (packet.Protocol is not (IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp))
        {
            flow->Mode = FlowMode.Opaque;
            return;
        }

        if (_rung != DepthRung.Full && TryCountOnlyDatagram(flow, in packet)) return;
        var bytes = packet.Payload;
        if (packet.Protocol == IpProtocol.Sctp)
        {
            // An association opens with chunks that say nothing of what it will carry.
            LabelDatagram(flow, bytes, direction, _options.ProbeDatagramsMax);
            return;
        }

        // Of a frame that is whole nothing was cut: what it says beyond its end its sender made up.
        var missingBytes = packet.CapturedLength < packet.WireLength ? packet.PayloadWireLength - bytes.Length : 0;
        if (flow->Mode == FlowMode.New && !TryClaimDatagram(flow, bytes, direction, missingBytes > 0)) return;

        var isReversed = flow->Is(FlowTraits.Reversed);
        SetParseContext(flow, isReversed);
        _context.Slot = flow->Slot;
        _context.MissingBytes = missingBytes;
        var result = _datagramParsers[flow->Parser]!.Parse(
            bytes, (Direction)(isReversed ? 1 - direction : direction), _context);
        flow->Slot = _context.Slot;
        flow->App = _context.App;
        if (result == DatagramResult.Done) flow->Tries = 0;
        else if (result == DatagramResult.Broken) BreakDatagram(flow);
        else EndDatagrams(flow);
    }

    private bool TryClaimDatagram(Flow* flow, ReadOnlySpan<byte> bytes, int direction, bool isCut)
    {
        var hints = Hints(flow) with { IsCut = isCut };
        var candidates = _datagramsByFirst[bytes[0]];
        if (!IsPortOfDatagrams(hints)) candidates &= ~_datagramsOfPorts;

        // A flow that has a name may turn to DTLS, and one that stayed nameless for long to nothing else either. A name
        // by one strange datagram is no reason to leave a protocol unread on its own port.
        var isLate = flow->Tries >= _options.ProbeDatagramsMax;
        for (; candidates != 0; candidates &= candidates - 1)
        {
            var index = System.Numerics.BitOperations.TrailingZeroCount(candidates);
            var isWatched = isLate || (flow->App != Apps.Unknown && !IsAtHome(index, hints));
            if ((isWatched && index != _dtls) || !HasPortFor(index, flow)) continue;

            var verdict = _entries[index].Probe(bytes, (Direction)direction, hints);
            if (verdict is not (Verdict.Yes or Verdict.YesReversed)) continue;

            if (verdict == Verdict.YesReversed) flow->Traits |= FlowTraits.Reversed;
            flow->Mode = FlowMode.Parsing;
            flow->Parser = (byte)index;
            flow->App = _apps[index];
            flow->Tries = 0;
            flow->Slot = 0;
            return true;
        }

        LabelDatagram(flow, bytes, direction, _options.WatchDatagramsMax);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsPortOfDatagrams(ProbeHints hints)
    {
        foreach (var port in _portsOfDatagrams)
        {
            if (hints.IsPort(port)) return true;
        }

        return false;
    }

    private bool IsAtHome(int index, ProbeHints hints)
    {
        foreach (var port in _entries[index].Info.Ports)
        {
            if (hints.IsPort(port)) return true;
        }

        return false;
    }

    /// <summary>Until a parser has claimed the flow its slot is the labels' memory of the datagram before.</summary>
    /// <param name="watchedMax">Datagrams after which the flow is left alone. STUN and RTP are named at once and
    /// watched on: DTLS may follow, as STARTTLS does in streams.</param>
    private void LabelDatagram(Flow* flow, ReadOnlySpan<byte> bytes, int direction, int watchedMax)
    {
        var isLabelWanted = flow->App == Apps.Unknown && flow->Tries < _options.ProbeDatagramsMax;
        if (isLabelWanted) Recognise(flow, Transport.Datagram, bytes, direction, ref flow->Slot);
        if (++flow->Tries < watchedMax) return;

        flow->Mode = FlowMode.Opaque;
        flow->Slot = 0;
    }

    private void BreakDatagram(Flow* flow)
    {
        // The capture's doing, and counted as that where it was decoded.
        if (_context.MissingBytes > 0) return;

        Counters.DatagramsBroken++;
        if (++flow->Tries < _options.ProbeDatagramsMax) return;
        if (flow->Slot != 0) EndDatagrams(flow);
        flow->Mode = FlowMode.Opaque;
    }

    private void EndDatagrams(Flow* flow)
    {
        if (flow->Slot is not 0 and < ParseContext.NothingOpen && flow->Mode == FlowMode.Parsing)
        {
            SetParseContext(flow, flow->Is(FlowTraits.Reversed));
            _context.Slot = flow->Slot;
            _datagramParsers[flow->Parser]!.EndFlow(_context);
            flow->App = _context.App;
        }

        if (flow->Mode == FlowMode.Parsing) flow->Slot = 0;
        flow->Mode = FlowMode.Opaque;
    }
}
