using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;

namespace NetSniff.Pipeline;

/// <summary>Less depth for less work: what is left unread, and coming back.</summary>
/// <remarks>A flow left unread is not forgotten: when there is depth again it is read on from where it is, as one
/// whose beginning was not seen.</remarks>
public sealed unsafe partial class Shard
{
    private DepthRung _rung;
    private ShardDepth _depth;
    private ulong _sampleBelow = FlowSample.Threshold(1);

    /// <summary>May be set between two calls of <see cref="Run"/>, by the shard's own thread. What is being read and
    /// may not be any more is let go with the next packet of its flow.</summary>
    public ShardDepth Depth
    {
        get => _depth;
        set => (_depth, _rung, _sampleBelow) = (value, value.Rung, FlowSample.Threshold(value.OneIn));
    }

    private FlowUnread HowUnread => _rung switch
    {
        DepthRung.SampledFlows => FlowUnread.SampledOut,
        DepthRung.HeadersOnly => FlowUnread.HeadersOnly,
        _ => FlowUnread.FlowsOnly,
    };

    private bool IsSampled(Flow* flow) =>
        _rung == DepthRung.SampledFlows && FlowSample.PointOf(flow) < _sampleBelow;

    /// <summary>Follows a TCP packet as far as the rung goes. False: its flow is in the sample and to be read.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryCountOnly(Flow* flow, in Packet packet, int direction)
    {
        if (IsSampled(flow)) return false;

        if (flow->Slot != 0) GiveUp(flow, _conversations[flow->Slot - 1]);
        var wouldRead = flow->Mode != FlowMode.Opaque && !flow->Is(FlowTraits.Closed) && _options.ReadsProtocols;
        if (wouldRead && packet.PayloadWireLength > 0) LeaveUnread(flow, packet.PayloadWireLength);
        if (_rung == DepthRung.FlowsOnly) TcpTracker.UpdateFlags(flow, in packet, direction);
        else TcpTracker.Update(flow, in packet, direction);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryCountOnlyDatagram(Flow* flow, in Packet packet)
    {
        if (IsSampled(flow)) return false;

        // The parser stays its own, and goes on with whatever comes next. A word with nothing open only counts.
        if (flow->Mode != FlowMode.Parsing) flow->Slot = 0;
        else if (flow->Slot is not 0 and < ParseContext.NothingOpen) GiveUpDatagrams(flow);
        LeaveUnread(flow, packet.PayloadWireLength);
        return true;
    }

    /// <summary>Lets go what the parser waits for; what it has counted stays.</summary>
    private void GiveUpDatagrams(Flow* flow)
    {
        Counters.ConversationsGivenUp++;
        EndDatagrams(flow);
        flow->Mode = FlowMode.Parsing;
        if (_context.Slot >= ParseContext.NothingOpen) flow->Slot = _context.Slot;
    }

    private void LeaveUnread(Flow* flow, int bytes)
    {
        var how = HowUnread;
        if (flow->Unread < how)
        {
            Counters.FlowsUnread[(int)how]++;
            flow->LeaveUnread(how);
        }

        Counters.PayloadUnread[(int)how] += bytes;
    }

    /// <summary>Lets a connection go in the middle: what its parser has is emitted as partial, what waits is dropped.
    /// </summary>
    private void GiveUp(Flow* flow, Conversation conversation)
    {
        Counters.ConversationsGivenUp++;
        if (conversation.Mode == ConversationMode.Probing) LabelHeld(flow, conversation);
        ReleaseParser(flow, conversation);
        CloseConversation(flow, FlowMode.New);
    }
}
