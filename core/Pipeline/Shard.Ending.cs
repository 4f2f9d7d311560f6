using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Pipeline;

/// <summary>How flows end: idle, closed, evicted, with the capture.</summary>
public sealed unsafe partial class Shard
{
    private readonly long[] _idleNanos;
    private long _activeNanos;

    private enum IdleClass { Established, HalfOpen, Closed, Datagram, Other }

    private static long Nanos(TimeSpan span) => span.Ticks * 100;

    private static long[] IdleTable(ShardOptions options) =>
    [
        Nanos(options.TcpEstablishedIdleMax), Nanos(options.TcpHalfOpenIdleMax), Nanos(options.TcpClosedIdleMax),
        Nanos(options.DatagramIdleMax), Nanos(options.OtherIdleMax),
    ];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long IdleOf(Flow* flow) => _idleNanos[(int)(flow->Protocol switch
    {
        IpProtocol.Tcp => IdleClassOf(flow),
        IpProtocol.Udp => IdleClass.Datagram,
        _ => IdleClass.Other,
    })];

    private static IdleClass IdleClassOf(Flow* flow) =>
        flow->Is(FlowTraits.Closed) ? IdleClass.Closed
        : flow->State is TcpState.SynSent or TcpState.SynReceived ? IdleClass.HalfOpen
        : IdleClass.Established;

    private void Expire()
    {
        while (_wheel.TryTakeDue(_now, out var number))
        {
            while (number >= 0)
            {
                var flow = _flows.At(number);
                var next = flow->WheelNext;
                PrefetchChain(next);
                Look(number, flow);
                number = next;
            }
        }

        ExpireFragments();
    }

    /// <summary>Wishes for what the next of a chain of flows will need: its word in the index, where it ends, and all
    /// of the flow behind it. The next one's own lines were wished for a step before.</summary>
    private void PrefetchChain(int next)
    {
        if (next < 0) return;

        var flow = _flows.At(next);
        _flows.PrefetchIndex((ulong)flow->Hash << 32);
        _flows.PrefetchFlow(flow->WheelNext);
    }

    private void Look(int number, Flow* flow)
    {
        var due = flow->LastNanos + IdleOf(flow);
        if (due <= _now)
        {
            EndFlow(number, EndReason(flow, FlowEnd.Idle));
            return;
        }

        if (_now - flow->FirstNanos > _activeNanos && flow->Mode != FlowMode.LeftOut) ReportActive(flow);
        _wheel.Remind(number, flow, due, _now);
    }

    /// <summary>Emits what a long-lived flow has so far, and starts its counts afresh.</summary>
    private void ReportActive(Flow* flow)
    {
        EmitFlow(flow, FlowEnd.Active);
        StartCounts(flow);
    }

    private void StartCounts(Flow* flow)
    {
        flow->FirstNanos = _now;
        for (var direction = 0; direction < 2; direction++)
        {
            flow->Packets[direction] = 0;
            flow->Bytes[direction] = 0;
            flow->Payload[direction] = 0;
        }

        if (flow->Protocol == IpProtocol.Tcp) TcpTracker.StartCounts(flow);
    }

    private void EvictOldest()
    {
        if (!_wheel.TryTakeOldest(out var number)) return;
        Counters.FlowsEvicted++;
        EndFlow(number, FlowEnd.Evicted);
    }

    private static FlowEnd EndReason(Flow* flow, FlowEnd otherwise) =>
        !flow->Is(FlowTraits.Closed) ? otherwise : flow->Is(FlowTraits.WasReset) ? FlowEnd.Reset : FlowEnd.Finished;

    private void EndFlow(int number, FlowEnd reason)
    {
        Conclude(_flows.At(number), reason);
        _flows.Remove(number);
    }

    private void Conclude(Flow* flow, FlowEnd reason)
    {
        Tell(flow, reason);
        Counters.FlowsEnded++;
    }

    /// <summary>Lets go what reads it, and says what came of it.</summary>
    private void Tell(Flow* flow, FlowEnd reason)
    {
        if (flow->Slot != 0)
        {
            if (flow->Protocol == IpProtocol.Tcp) EndConversation(flow);
            else EndDatagrams(flow);
        }

        // An active report may have left nothing to say.
        if (flow->Packets[0] + flow->Packets[1] > 0) EmitFlow(flow, reason);
    }

    private void EmitFlow(Flow* flow, FlowEnd reason)
    {
        SetRecordContext(flow, isReversed: false);
        var record = new FlowRecord(flow, reason);
        Records.Emit(in record, flow->FirstNanos);
    }

    private void SetRecordContext(Flow* flow, bool isReversed)
    {
        ref var head = ref Records.Context;
        head.FlowId = IdOf(flow);
        head.Client = isReversed ? flow->Server : flow->Client;
        head.Server = isReversed ? flow->Client : flow->Server;
        head.ClientPort = isReversed ? flow->ServerPort : flow->ClientPort;
        head.ServerPort = isReversed ? flow->ClientPort : flow->ServerPort;
        head.OuterVlan = flow->OuterVlan;
        head.InnerVlan = flow->InnerVlan;
        head.TunnelId = flow->TunnelId;
        head.Interface = flow->Interface;
        head.App = flow->App;
        head.Protocol = flow->Protocol;
        head.Tunnel = flow->Tunnel;
    }

    private void SetStreamContext(Flow* flow, Conversation conversation)
    {
        SetParseContext(flow, flow->Is(FlowTraits.Reversed));
        _context.IsMidstream = conversation.IsMidstream;
    }

    private void SetParseContext(Flow* flow, bool isReversed)
    {
        SetRecordContext(flow, isReversed);
        _context.Settle();
        _context.NowNanos = _now;
        _context.FlowId = Records.Context.FlowId;
        _context.IsMidstream = flow->Is(FlowTraits.Midstream);
        _context.App = flow->App;
    }
}
