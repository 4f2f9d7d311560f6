using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <summary>TCP: from packets to bytes in order.</summary>
public sealed unsafe partial class Shard
{
    private Conversation[] _conversations = new Conversation[64];
    private readonly Stack<int> _conversationsFree = new();
    private int _conversationsUsed;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void HandleTcp(Flow* flow, ref Packet packet, int direction)
    {
        if (_rung != DepthRung.Full && TryCountOnly(flow, in packet, direction)) return;
        if (flow->Mode == FlowMode.Opaque || flow->Is(FlowTraits.Closed))
        {
            TcpTracker.Update(flow, in packet, direction);
            return;
        }

        // Made before the tracker moves on, so that it starts where the stream does.
        if (flow->Slot == 0 && packet.PayloadWireLength > 0) OpenConversation(flow, in packet, direction);
        TcpTracker.Update(flow, in packet, direction);
        if (flow->Slot != 0) Follow(flow, _conversations[flow->Slot - 1], in packet, direction);
    }

    private void OpenConversation(Flow* flow, in Packet packet, int direction)
    {
        if (!_options.ReadsProtocols || (packet.Flags & TcpFlags.Rst) != 0) return;
        if (!_conversationsFree.TryPop(out var slot))
        {
            if (_conversationsUsed >= _options.ConversationsMax)
            {
                Counters.ConversationsRefused++;
                flow->Mode = FlowMode.Opaque;
                return;
            }

            slot = _conversationsUsed++;
            if (slot == _conversations.Length) Array.Resize(ref _conversations, 2 * slot);
            _conversations[slot] = new Conversation();
        }

        flow->Slot = (uint)slot + 1;
        var conversation = _conversations[slot];
        conversation.IsMidstream = flow->Is(FlowTraits.Midstream) || flow->Unread != FlowUnread.No;
        var candidates = StreamCandidates(flow);
        for (var side = 0; side < 2; side++)
        {
            var half = conversation.Half(side);
            half.Candidates = candidates;
            var known = side == 0 ? FlowTraits.SequencedToServer : FlowTraits.SequencedToClient;
            if (!flow->Is(known)) continue;
            half.Next = flow->NextSequence[side];
            half.IsStarted = true;
        }

        // The first data of a side that begins at the number its FIN had: that was a stray one.
        var own = conversation.Half(direction);
        var fin = direction == 0 ? FlowTraits.FinToServer : FlowTraits.FinToClient;
        var isKeepAlive = packet.PayloadWireLength == 1;
        if (flow->Is(fin) && packet.Sequence + 1 == own.Next && !isKeepAlive) own.Next = packet.Sequence;
    }

    /// <summary>Nearly all packets are what comes next, on a connection that misses nothing and is not ending.
    /// </summary>
    private void Follow(Flow* flow, Conversation conversation, in Packet packet, int direction)
    {
        const TcpFlags Turning = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst;
        var half = conversation.Half(direction);
        var isCalm = (packet.Flags & Turning) == 0 && half.IsStarted && half.IsCalm
            && conversation.Half(1 - direction).IsCalm && !flow->Is(FlowTraits.Closed);
        if (isCalm && packet.PayloadWireLength == 0) return;
        if (!isCalm || packet.Sequence != half.Next || packet.PayloadLength != packet.PayloadWireLength)
        {
            FollowOdd(flow, conversation, half, in packet, direction);
            return;
        }

        Counters.Streams.SegmentsInOrder++;
        half.Next += (uint)packet.PayloadLength;
        Feed(flow, conversation, packet.Payload, direction);
    }

    private void FollowOdd(
        Flow* flow, Conversation conversation, ConversationHalf half, in Packet packet, int direction)
    {
        var sequence = packet.Sequence + (packet.Has(TcpFlags.Syn) ? 1u : 0u);
        // Without payload too: a SYN+ACK, or an acknowledgement, says where this side's next byte will be, and what is
        // seen of it first may have overtaken what comes before.
        if (!half.IsStarted && !packet.Has(TcpFlags.Rst))
        {
            (half.IsStarted, half.Next) = (true, sequence);
        }

        if (packet.PayloadWireLength > 0) Deliver(flow, conversation, half, sequence, in packet, direction);
        if (flow->Slot == 0) return;

        if (packet.Has(TcpFlags.Fin) && !half.HasFin)
        {
            (half.HasFin, half.FinSequence) = (true, sequence + (uint)packet.PayloadWireLength);
            if (!half.IsStarted) (half.IsStarted, half.Next) = (true, half.FinSequence);
        }

        var other = conversation.Half(1 - direction);
        if (half.HasPending) CloseHoleIfLost(flow, conversation, direction);
        if (flow->Slot != 0 && other.HasPending) CloseHoleIfLost(flow, conversation, 1 - direction);
        if (flow->Slot == 0) return;

        if (half.HasFin && !half.IsEnded) EndHalfAtFin(flow, conversation, direction);
        if (flow->Slot != 0 && other.HasFin && !other.IsEnded) EndHalfAtFin(flow, conversation, 1 - direction);
        if (flow->Slot != 0 && (flow->Is(FlowTraits.Closed) || (half.IsEnded && other.IsEnded))) EndConversation(flow);
    }

    private void Deliver(
        Flow* flow, Conversation conversation, ConversationHalf half, uint sequence, in Packet packet, int direction)
    {
        var stream = half;
        var bytes = packet.Payload;
        var length = packet.PayloadWireLength;
        if (!stream.IsStarted) (stream.IsStarted, stream.Next) = (true, sequence);

        var ahead = (int)(sequence - stream.Next);
        if (ahead < 0)
        {
            // Old, or old in part: the first bytes to arrive were passed on already. Half the sequence space away is
            // both old and ahead, and has no negative.
            if (ahead == int.MinValue || length <= -ahead)
            {
                Counters.Streams.SegmentsOld++;
                return;
            }

            Counters.Streams.Overlaps++;
            bytes = -ahead < bytes.Length ? bytes[-ahead..] : default;
            length += ahead;
            ahead = 0;
        }

        if (ahead > 0)
        {
            if (stream.TryKeep(sequence, bytes, _now, _pool, _options.Streams, Counters.Streams)) return;

            // No room: what is missing is given up, and the segment is either next by then or starts a new wait.
            CloseHoles(flow, conversation, direction, sequence);
            if (flow->Slot == 0) return;
            ahead = (int)(sequence - stream.Next);
            if (ahead > 0) SkipTo(flow, conversation, direction, sequence);
            if (flow->Slot == 0 || ahead < 0) return;
        }

        Counters.Streams.SegmentsInOrder++;
        stream.Next += (uint)length;
        Feed(flow, conversation, bytes, direction);
        if (flow->Slot != 0 && bytes.Length < length) Gap(flow, conversation, direction, length - bytes.Length);
        if (flow->Slot != 0 && stream.HasPending) Drain(flow, conversation, direction);
    }

    /// <summary>Passes on what waited and is next now.</summary>
    private void Drain(Flow* flow, Conversation conversation, int direction)
    {
        var stream = conversation.Half(direction);
        while (flow->Slot != 0 && stream.TryTakeNext(_pool, out var buffer, out var offset, out var length))
        {
            stream.Next += (uint)length;
            _context.LateNanos = stream.TakenNanos;
            Feed(flow, conversation, buffer.AsSpan(offset, length), direction);
            _context.LateNanos = 0;
            _pool.Return(buffer);
            if (stream.HasPending) stream.HoleSinceNanos = _now;
        }
    }

    /// <summary>A hole that the other side acknowledged was lost on the way to us; one that nobody fills for long, too.
    /// </summary>
    private void CloseHoleIfLost(Flow* flow, Conversation conversation, int direction)
    {
        var stream = conversation.Half(direction);
        var acked = direction == 0 ? FlowTraits.AckedToClient : FlowTraits.AckedToServer;
        var isAcked = flow->Is(acked) && (int)(flow->LastAck[1 - direction] - stream.Next) > 0;
        if (isAcked && stream.HoleAckedNanos == 0) stream.HoleAckedNanos = _now;

        var isLost = stream.HoleAckedNanos != 0
            ? _now - stream.HoleAckedNanos > _options.Streams.HolePatienceNanos
            : _now - stream.HoleSinceNanos > _options.Streams.HoleAgeNanosMax;
        if (!isLost) return;

        SkipTo(flow, conversation, direction, stream.PendingStart);
        if (flow->Slot != 0) Drain(flow, conversation, direction);
        // Gone with its conversation, it may be another flow's next.
        if (flow->Slot != 0) (stream.HoleSinceNanos, stream.HoleAckedNanos) = (_now, 0);
    }

    /// <summary>Gives up every hole before the sequence number.</summary>
    private void CloseHoles(Flow* flow, Conversation conversation, int direction, uint before)
    {
        var stream = conversation.Half(direction);
        while (flow->Slot != 0 && stream.HasPending && (int)(before - stream.PendingStart) > 0)
        {
            SkipTo(flow, conversation, direction, stream.PendingStart);
            if (flow->Slot != 0) Drain(flow, conversation, direction);
        }
    }

    private void SkipTo(Flow* flow, Conversation conversation, int direction, uint sequence)
    {
        var stream = conversation.Half(direction);
        var missing = (int)(sequence - stream.Next);
        if (missing <= 0) return;

        stream.Next = sequence;
        Gap(flow, conversation, direction, missing);
    }

    private void EndHalfAtFin(Flow* flow, Conversation conversation, int direction)
    {
        var half = conversation.Half(direction);
        if ((int)(half.Next - half.FinSequence) < 0) return;

        half.IsEnded = true;
        if (conversation.Parser is not { } parser) return;
        SetStreamContext(flow, conversation);
        parser.EndDirection(ParserDirection(flow, direction), _context);
    }

    /// <summary>Passes on whatever still waits, then lets parser and conversation go.</summary>
    private void EndConversation(Flow* flow)
    {
        var conversation = _conversations[flow->Slot - 1];
        for (var direction = 0; direction < 2 && flow->Slot != 0; direction++)
        {
            var stream = conversation.Half(direction);
            while (flow->Slot != 0 && stream.HasPending)
            {
                SkipTo(flow, conversation, direction, stream.PendingStart);
                if (flow->Slot != 0) Drain(flow, conversation, direction);
            }
        }

        for (var direction = 0; direction < 2 && flow->Slot != 0; direction++) MissTail(flow, conversation, direction);

        if (flow->Slot == 0) return;
        if (conversation.Mode == ConversationMode.Probing) LabelHeld(flow, conversation);
        ReleaseParser(flow, conversation);
        CloseConversation(flow, FlowMode.Opaque);
    }

    /// <summary>The last bytes of a direction never came, and its FIN or the other side's acknowledgement says so.
    /// </summary>
    private void MissTail(Flow* flow, Conversation conversation, int direction)
    {
        const int TailBytesMax = 1 << 30; // two windows of the largest scale: farther is no tail but a stray number
        var half = conversation.Half(direction);
        if (!half.IsStarted) return;

        var acked = direction == 0 ? FlowTraits.AckedToClient : FlowTraits.AckedToServer;
        if (!half.HasFin && !flow->Is(acked)) return;

        var end = half.HasFin ? half.FinSequence : flow->LastAck[1 - direction];
        if ((int)(end - half.Next) is > 0 and < TailBytesMax) SkipTo(flow, conversation, direction, end);
    }

    private void CloseConversation(Flow* flow, FlowMode mode)
    {
        var slot = (int)flow->Slot - 1;
        _conversations[slot].Reset(_pool);
        _conversationsFree.Push(slot);
        flow->Slot = 0;
        flow->Mode = mode;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Direction ParserDirection(Flow* flow, int direction) =>
        (Direction)(flow->Is(FlowTraits.Reversed) ? 1 - direction : direction);
}
