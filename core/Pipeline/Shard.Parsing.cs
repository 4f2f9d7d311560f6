using System.Diagnostics;
using NetSniff.Flows;
using NetSniff.Protocols;
using NetSniff.Protocols.Labels;

namespace NetSniff.Pipeline;

/// <summary>TCP bytes in order, given to the parser that claimed them.</summary>
public sealed unsafe partial class Shard
{
    private Flow* _contextFlow;

    private void Feed(Flow* flow, Conversation conversation, ReadOnlySpan<byte> bytes, int direction)
    {
        if (bytes.IsEmpty) return;
        switch (conversation.Mode)
        {
            case ConversationMode.Parsing:
                Parse(flow, conversation, bytes, direction);
                break;
            case ConversationMode.Probing:
                Probe(flow, conversation, bytes, direction);
                break;
            default:
                Watch(flow, conversation, bytes, direction);
                break;
        }
    }

    private void Parse(Flow* flow, Conversation conversation, ReadOnlySpan<byte> bytes, int direction)
    {
        var half = conversation.Half(direction);
        var isHeld = half.HeldLength > 0;
        if (!isHeld && conversation.Parser!.TryPass(bytes, ParserDirection(flow, direction), _now)) return;

        ParseOn(flow, conversation, half, bytes, direction);
    }

    private void ParseOn(
        Flow* flow, Conversation conversation, ConversationHalf half, ReadOnlySpan<byte> bytes, int direction)
    {
        var isHeld = half.HeldLength > 0;
        if (isHeld)
        {
            if (!TryHold(flow, conversation, half, bytes)) return;
            if (half.HeldLength < half.Needed) return;
            bytes = half.HeldBytes;
        }

        BeginContext(flow, conversation);
        _context.IsOtherBehind = conversation.Half(1 - direction).HasPending;
        var parser = conversation.Parser!;
        var speaker = ParserDirection(flow, direction);
        var consumed = 0;
        while (consumed < bytes.Length)
        {
            var result = parser.Parse(bytes[consumed..], speaker, _context);
            Debug.Assert(result.Consumed >= 0 && result.Consumed <= bytes.Length - consumed);
            consumed += result.Consumed;
            if (result.Status == ParseStatus.Done && result.Consumed > 0) continue;

            half.Needed = result.Status == ParseStatus.More ? result.Needed : bytes.Length - consumed + 1;
            if (result.Status is ParseStatus.Done or ParseStatus.More) break;
            flow->App = _context.App;
            Leave(flow, conversation, bytes[consumed..], direction, result.Status);
            _context.Settle();
            return;
        }

        _context.Settle();
        flow->App = _context.App;
        Keep(flow, conversation, half, bytes[consumed..], isHeld, consumed);
    }

    /// <summary>As <see cref="SetStreamContext"/>, but whose records these are is written down by who makes the first:
    /// most segments make none.</summary>
    private void BeginContext(Flow* flow, Conversation conversation)
    {
        _contextFlow = flow;
        _context.PutOff();
        _context.NowNanos = _now;
        _context.FlowId = IdOf(flow);
        _context.IsMidstream = conversation.IsMidstream;
        _context.App = flow->App;
    }

    private void FinishContext()
    {
        var flow = _contextFlow;
        SetRecordContext(flow, flow->Is(FlowTraits.Reversed));
    }

    /// <summary>Keeps what the parser left; it lies in the packet, or in the held bytes already.</summary>
    private void Keep(
        Flow* flow, Conversation conversation, ConversationHalf half, ReadOnlySpan<byte> rest, bool isHeld,
        int consumed)
    {
        if (rest.IsEmpty)
        {
            if (isHeld) half.Release(_pool);
            return;
        }

        if (isHeld)
        {
            half.HeldStart += consumed;
            half.HeldLength -= consumed;
            return;
        }

        TryHold(flow, conversation, half, rest);
    }

    /// <summary>Appends to the held bytes. At the parser's own bound, or the pool's, the parser is let go.</summary>
    private bool TryHold(Flow* flow, Conversation conversation, ConversationHalf half, ReadOnlySpan<byte> bytes)
    {
        var wanted = half.HeldLength + bytes.Length;
        var max = conversation.Parser is null
            ? _options.ProbeBytesMax + BytesPerSegmentMax
            : _entries[conversation.ParserIndex].Info.HeldBytesMax + BytesPerSegmentMax;
        if (wanted > max || !TryMakeRoom(half, wanted))
        {
            Counters.HeldRefused++;
            ReleaseParser(flow, conversation);
            CloseConversation(flow, FlowMode.Opaque);
            return false;
        }

        bytes.CopyTo(half.Held.AsSpan(half.HeldStart + half.HeldLength));
        half.HeldLength = wanted;
        return true;
    }

    /// <summary>A parser may be shown its bound and one more super-packet (segmentation offload: 64 KiB).</summary>
    private const int BytesPerSegmentMax = 128 * 1024;

    private bool TryMakeRoom(ConversationHalf half, int wanted)
    {
        if (half.Held is { } held)
        {
            if (half.HeldStart + wanted <= held.Length) return true;
            if (wanted <= held.Length && half.HeldStart >= held.Length / 2)
            {
                half.HeldBytes.CopyTo(held);
                half.HeldStart = 0;
                return true;
            }
        }

        // Twice what is there, so that a slow trickle is not copied again and again.
        if (_pool.TryRent(Math.Max(wanted, Math.Min(2 * half.HeldLength, wanted + 65536))) is not { } larger)
        {
            return false;
        }

        half.HeldBytes.CopyTo(larger);
        if (half.Held is { } smaller) _pool.Return(smaller);
        (half.Held, half.HeldStart) = (larger, 0);
        return true;
    }

    /// <summary>The parser is done with this connection, one way or another.</summary>
    private void Leave(
        Flow* flow, Conversation conversation, ReadOnlySpan<byte> rest, int direction, ParseStatus status)
    {
        switch (status)
        {
            case ParseStatus.Finished:
                ReleaseParser(flow, conversation);
                CloseConversation(flow, FlowMode.Opaque);
                break;
            case ParseStatus.Upgrade:
                Upgrade(flow, conversation, rest, direction);
                break;
            default:
                Counters.ParsersBroken++;
                ReleaseParser(flow, conversation);
                foreach (var half in conversation.Halves) half.Release(_pool);
                conversation.Mode = ConversationMode.Watching;
                break;
        }
    }

    /// <summary>Another protocol speaks from here on. The bytes that follow are shown to it, or to the
    /// probes.</summary>
    private void Upgrade(Flow* flow, Conversation conversation, ReadOnlySpan<byte> rest, int direction)
    {
        // The rest may lie in the held bytes, which are about to be given back.
        var half = conversation.Half(direction);
        var held = half.Held;
        (half.Held, half.HeldStart, half.HeldLength, half.Needed) = (null, 0, 0, 0);
        var other = conversation.Half(1 - direction);
        var otherHeld = other.Held;
        var otherBytes = other.HeldBytes;
        (other.Held, other.HeldStart, other.HeldLength, other.Needed) = (null, 0, 0, 0);

        var index = IndexOfStream(_context.UpgradeTo);
        if (index < 0 || (_streamCandidates >> index & 1) == 0)
        {
            ReleaseParser(flow, conversation);
            conversation.Mode = ConversationMode.Probing;
            foreach (var side in conversation.Halves) (side.Candidates, side.IsBegun) = (_streamCandidates, false);
        }
        else
        {
            var next = RentParser(index);
            next.Inherit(conversation.Parser!, _context);
            ReleaseParser(flow, conversation);
            Claim(flow, conversation, next, index);
        }

        Feed(flow, conversation, rest, direction);
        if (held is not null) _pool.Return(held);
        if (flow->Slot != 0) Feed(flow, conversation, otherBytes, 1 - direction);
        if (otherHeld is not null) _pool.Return(otherHeld);
    }

    private void Claim(Flow* flow, Conversation conversation, StreamParser parser, int index)
    {
        conversation.Parser = parser;
        conversation.ParserIndex = index;
        conversation.Mode = ConversationMode.Parsing;
        conversation.IsTorn = false;
        foreach (var half in conversation.Halves) half.IsAtBeginning = false;
        flow->Mode = FlowMode.Parsing;
        flow->Parser = (byte)index;
        if (!Labels.KeepsName(flow->App)) flow->App = _apps[index];
    }

    private void ReleaseParser(Flow* flow, Conversation conversation)
    {
        if (conversation.Parser is not { } parser) return;

        SetStreamContext(flow, conversation);
        parser.End(_context);
        flow->App = _context.App;
        parser.Reset();
        _parsersFree[conversation.ParserIndex].Push(parser);
        conversation.Parser = null;
    }

    /// <summary>Bytes are missing: the parser finds its place again or is let go.</summary>
    private void Gap(Flow* flow, Conversation conversation, int direction, long missing)
    {
        Counters.Streams.Gaps++;
        Counters.Streams.GapBytes += missing;
        if (flow->Gaps[direction] != byte.MaxValue) flow->Gaps[direction]++;

        var half = conversation.Half(direction);
        var wasHeld = half.HeldLength > 0;
        half.Release(_pool);
        half.IsAtBeginning = false;
        if (conversation.Parser is not { } parser)
        {
            // Of what follows nobody knows whether it is a beginning.
            if (conversation.Mode == ConversationMode.Probing) conversation.IsMidstream = true;
            return;
        }

        SetStreamContext(flow, conversation);
        var isFound = parser.TryResync(ParserDirection(flow, direction), wasHeld ? -1 : missing, _context);
        flow->App = _context.App;
        if (isFound) return;

        Counters.ParsersBroken++;
        ReleaseParser(flow, conversation);
        conversation.Mode = ConversationMode.Watching;
        conversation.IsMidstream = conversation.IsTorn = true;

        // What the other side said meanwhile waited for an answer, and may be the beginning of what that agreed to.
        var other = conversation.Half(1 - direction);
        other.IsAtBeginning = true;
        if (other.Held is not { } waiting) return;

        var bytes = other.HeldBytes;
        (other.Held, other.HeldStart, other.HeldLength, other.Needed) = (null, 0, 0, 0);
        Watch(flow, conversation, bytes, 1 - direction);
        _pool.Return(waiting);
    }
}
