using System.Runtime.CompilerServices;
using NetSniff.Packets;

namespace NetSniff.Flows;

/// <summary>Follows the flags and sequence numbers of a TCP flow, RFC 9293: state, round trip, what was sent twice or
/// came late.</summary>
/// <remarks>Works on the flow's own lines, whether or not anybody reads the stream. One hole per direction is
/// remembered: a segment that fills it came late (out of order), any other old one was sent again.</remarks>
public static unsafe class TcpTracker
{
    /// <summary>How far ahead of what was seen a reset is believed: a window without scaling. A larger one would have
    /// to be full of segments that the capture lost.</summary>
    private const int ResetAheadMax = 1 << 16;

    /// <summary>Whether a SYN starts another connection between the same two ends, rather than repeating this one's.
    /// </summary>
    public static bool IsReuse(Flow* flow, in Packet packet, int direction)
    {
        if ((packet.Flags & (TcpFlags.Syn | TcpFlags.Ack)) != TcpFlags.Syn) return false;
        if (flow->Is(FlowTraits.Closed)) return true;

        var tcp = flow->Tcp;
        if (tcp->State < TcpState.Established || !flow->Is(FlowTraits.SawSyn) || direction != 0) return false;

        // A repeated SYN lies just before what was sent since.
        var since = (int)(tcp->NextSequence[direction] - (packet.Sequence + 1));
        return since is < 0 or > RepeatedSynSpan;
    }

    private const int RepeatedSynSpan = 1 << 17;

    /// <summary>Takes note of one packet. <paramref name="direction"/>: 0 to the server.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Update(Flow* flow, in Packet packet, int direction)
    {
        var tcp = flow->Tcp;
        // The middle of a connection: an acknowledgement, and the numbers of both sides known.
        const TcpFlags Plain = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst | TcpFlags.Ack;
        const FlowTraits Handshake = FlowTraits.HasRtt | FlowTraits.SawSynAck;
        var traits = flow->Traits;
        var known = (int)(FlowTraits.SequencedToServer | FlowTraits.AckedToServer) << direction;
        if ((packet.Flags & Plain) != TcpFlags.Ack || packet.Window == 0 || ((int)traits & known) != known
            || (traits & Handshake) == FlowTraits.SawSynAck || tcp->State >= TcpState.FinWait1)
        {
            UpdateAny(flow, in packet, direction);
            return;
        }

        tcp->Flags[direction] |= (byte)packet.Flags;
        ref var acked = ref tcp->LastAck[direction];
        acked = (int)(packet.Acknowledgement - acked) > 0 ? packet.Acknowledgement : acked;
        if (packet.PayloadWireLength == 0) return;

        ref var next = ref tcp->NextSequence[direction];
        var (start, end) = (packet.Sequence, packet.Sequence + (uint)packet.PayloadWireLength);
        if (start == next) next = end;
        else OffOrder(flow, start, end, (int)(start - next), direction);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UpdateAny(Flow* flow, in Packet packet, int direction)
    {
        var tcp = flow->Tcp;
        tcp->Flags[direction] |= (byte)packet.Flags;
        const TcpFlags Rare = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst;
        if ((packet.Flags & Rare) != 0) Turn(flow, packet, direction);
        else if (!flow->Is(FlowTraits.HasRtt) && flow->Is(FlowTraits.SawSynAck)) Handshaken(flow, packet, direction);

        if (packet.Window == 0 && (packet.Flags & (Rare | TcpFlags.Ack)) == TcpFlags.Ack)
        {
            if (tcp->ZeroWindows[direction] != ushort.MaxValue) tcp->ZeroWindows[direction]++;
        }

        if (packet.Has(TcpFlags.Ack)) Acknowledge(flow, packet.Acknowledgement, direction);
        Sequence(flow, packet, direction);
    }

    /// <summary>Forgets what was counted, and nothing of where the connection is.</summary>
    public static void StartCounts(Flow* flow)
    {
        var tcp = flow->Tcp;
        for (var direction = 0; direction < 2; direction++)
        {
            tcp->Retransmitted[direction] = 0;
            tcp->OutOfOrder[direction] = 0;
            tcp->ZeroWindows[direction] = 0;
            tcp->Gaps[direction] = 0;
        }
    }

    /// <summary>Flags and state alone, without sequence numbers: those known so far are forgotten, and learnt anew when
    /// <see cref="Update"/> is back.</summary>
    public static void UpdateFlags(Flow* flow, in Packet packet, int direction)
    {
        var tcp = flow->Tcp;
        const FlowTraits Numbers = FlowTraits.SequencedToServer | FlowTraits.SequencedToClient
            | FlowTraits.AckedToServer | FlowTraits.AckedToClient;
        const FlowTraits Fins = FlowTraits.FinToServer | FlowTraits.FinToClient;
        const TcpFlags Rare = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst;
        flow->Traits &= ~Numbers;
        tcp->HoleStart[direction] = tcp->HoleEnd[direction] = 0;
        tcp->Flags[direction] |= (byte)packet.Flags;
        if ((packet.Flags & Rare) != 0) Turn(flow, packet, direction);
        else if (!flow->Is(FlowTraits.HasRtt) && flow->Is(FlowTraits.SawSynAck)) Handshaken(flow, packet, direction);

        // Without numbers the second FIN is the end: what is left are acknowledgements.
        if ((flow->Traits & Fins) != Fins || flow->Is(FlowTraits.Closed)) return;
        tcp->State = TcpState.Closed;
        flow->Traits |= FlowTraits.Closed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Acknowledge(Flow* flow, uint number, int direction)
    {
        var tcp = flow->Tcp;
        var seen = direction == 0 ? FlowTraits.AckedToServer : FlowTraits.AckedToClient;
        if (!flow->Is(seen) || (int)(number - tcp->LastAck[direction]) > 0) tcp->LastAck[direction] = number;
        flow->Traits |= seen;
        var state = tcp->State;
        if (state >= TcpState.FinWait1) AdvanceClosing(flow, direction);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sequence(Flow* flow, in Packet packet, int direction)
    {
        var tcp = flow->Tcp;
        var length = (uint)packet.PayloadWireLength;
        var start = packet.Sequence;
        var known = direction == 0 ? FlowTraits.SequencedToServer : FlowTraits.SequencedToClient;
        if (packet.Has(TcpFlags.Syn)) start++;
        var end = start + length;
        if (packet.Has(TcpFlags.Fin)) end++;
        if (!flow->Is(known) || (packet.Has(TcpFlags.Syn) && length == 0))
        {
            if (packet.Has(TcpFlags.Rst)) return;
            flow->Traits |= known;
            tcp->NextSequence[direction] = end;
            return;
        }

        if (start == end) return;
        var ahead = (int)(start - tcp->NextSequence[direction]);
        if (ahead == 0) tcp->NextSequence[direction] = end;
        else OffOrder(flow, start, end, ahead, direction);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OffOrder(Flow* flow, uint start, uint end, int ahead, int direction)
    {
        var tcp = flow->Tcp;
        if (ahead > 0)
        {
            tcp->HoleStart[direction] = tcp->NextSequence[direction];
            tcp->HoleEnd[direction] = start;
            tcp->NextSequence[direction] = end;
            return;
        }

        var isInHole = tcp->HoleStart[direction] != tcp->HoleEnd[direction]
            && (int)(start - tcp->HoleStart[direction]) >= 0 && (int)(tcp->HoleEnd[direction] - start) > 0;
        if (isInHole)
        {
            tcp->OutOfOrder[direction]++;
            if (start == tcp->HoleStart[direction]) tcp->HoleStart[direction] = end;
        }
        else if (start + 1 != tcp->NextSequence[direction] || end != tcp->NextSequence[direction])
        {
            // One byte just before the next is a keep-alive probe (RFC 9293 3.8.4), not a retransmission.
            tcp->Retransmitted[direction]++;
        }

        if ((int)(end - tcp->NextSequence[direction]) > 0) tcp->NextSequence[direction] = end;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Handshaken(Flow* flow, in Packet packet, int direction)
    {
        var tcp = flow->Tcp;
        if (direction != 0 || !packet.Has(TcpFlags.Ack)) return;

        tcp->State = TcpState.Established;
        if (!flow->Is(FlowTraits.SawSyn)) return;
        flow->Traits |= FlowTraits.HasRtt;
        // A repeated SYN leaves it open which of them was answered (Karn's rule): no figure is better than a wrong one.
        var nanos = packet.TimeNanos - flow->FirstNanos;
        tcp->RttMicros = flow->Is(FlowTraits.SynRepeated) || nanos < 0
            ? 0
            : (uint)Math.Clamp(nanos / 1000, 1, uint.MaxValue);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Turn(Flow* flow, in Packet packet, int direction)
    {
        var tcp = flow->Tcp;
        if (packet.Has(TcpFlags.Rst))
        {
            if (!IsInWindow(flow, packet.Sequence, direction)) return;
            tcp->State = TcpState.Closed;
            flow->Traits |= FlowTraits.Closed | FlowTraits.WasReset;
            return;
        }

        if (packet.Has(TcpFlags.Syn))
        {
            if (packet.Has(TcpFlags.Ack))
            {
                // Somebody in the middle refused, and the server answers after all (evasions do so).
                if (flow->Is(FlowTraits.WasReset) && !flow->Is(FlowTraits.SawSynAck)) Reopen(flow);
                flow->Traits |= FlowTraits.SawSynAck;
                if (tcp->State < TcpState.SynReceived) tcp->State = TcpState.SynReceived;
            }
            else
            {
                if (flow->Is(FlowTraits.SawSyn) && direction == 0) flow->Traits |= FlowTraits.SynRepeated;
                flow->Traits |= FlowTraits.SawSyn;
                if (tcp->State == TcpState.None) tcp->State = TcpState.SynSent;
            }
        }

        if (!packet.Has(TcpFlags.Fin)) return;
        var mine = direction == 0 ? FlowTraits.FinToServer : FlowTraits.FinToClient;
        var other = direction == 0 ? FlowTraits.FinToClient : FlowTraits.FinToServer;
        flow->Traits |= mine;
        tcp->State = flow->Is(other) ? TcpState.LastAck : TcpState.FinWait1;
    }

    private static void Reopen(Flow* flow)
    {
        var tcp = flow->Tcp;
        flow->Traits &= ~(FlowTraits.Closed | FlowTraits.WasReset | FlowTraits.FinToServer | FlowTraits.FinToClient);
        tcp->State = TcpState.SynSent;
    }

    /// <summary>A reset counts only near the expected number (RFC 5961 section 3): anybody can send one blindly.
    /// </summary>
    private static bool IsInWindow(Flow* flow, uint sequence, int direction)
    {
        var tcp = flow->Tcp;
        var known = direction == 0 ? FlowTraits.SequencedToServer : FlowTraits.SequencedToClient;
        if (!flow->Is(known)) return true;
        var ahead = (int)(sequence - tcp->NextSequence[direction]);
        if (ahead > ResetAheadMax) return false;

        // What was acknowledged lies before the receiver's window.
        var acked = direction == 0 ? FlowTraits.AckedToClient : FlowTraits.AckedToServer;
        return !flow->Is(acked) || (int)(sequence - tcp->LastAck[1 - direction]) >= 0;
    }

    /// <summary>Both sides said FIN and the later FIN was acknowledged: closed.</summary>
    private static void AdvanceClosing(Flow* flow, int direction)
    {
        var tcp = flow->Tcp;
        const FlowTraits Both = FlowTraits.FinToServer | FlowTraits.FinToClient;
        if ((flow->Traits & Both) != Both || flow->Is(FlowTraits.Closed)) return;
        if (tcp->LastAck[direction] != tcp->NextSequence[1 - direction]) return;
        if (tcp->LastAck[1 - direction] != tcp->NextSequence[direction]) return;

        tcp->State = TcpState.Closed;
        flow->Traits |= FlowTraits.Closed;
    }
}
