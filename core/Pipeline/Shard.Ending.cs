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

    private long IdleOf(Flow* flow) => _idleNanos[(int)(flow->Protocol switch
    {
        IpProtocol.Tcp when flow->Is(FlowTraits.Closed) => IdleClass.Closed,
        IpProtocol.Tcp when flow->State is TcpState.SynSent or TcpState.SynReceived => IdleClass.HalfOpen,
        IpProtocol.Tcp => IdleClass.Established,
        IpProtocol.Udp => IdleClass.Datagram,
        _ => IdleClass.Other,
    })];

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
            flow->Retransmitted[direction] = 0;
            flow->OutOfOrder[direction] = 0;
            flow->ZeroWindows[direction] = 0;
            flow->Gaps[direction] = 0;
        }
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
        var isIcmp = flow->Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        var record = new FlowRecord
        {
            FirstNanos = flow->FirstNanos,
            LastNanos = flow->LastNanos,
            PacketsToServer = flow->Packets[0],
            PacketsToClient = flow->Packets[1],
            BytesToServer = flow->Bytes[0],
            BytesToClient = flow->Bytes[1],
            PayloadToServer = flow->Payload[0],
            PayloadToClient = flow->Payload[1],
            End = reason,
            IsTcp = flow->Protocol == IpProtocol.Tcp,
            State = flow->State,
            FlagsToServer = flow->Flags[0],
            FlagsToClient = flow->Flags[1],
            RetransmittedToServer = flow->Retransmitted[0],
            RetransmittedToClient = flow->Retransmitted[1],
            OutOfOrderToServer = flow->OutOfOrder[0],
            OutOfOrderToClient = flow->OutOfOrder[1],
            ZeroWindowToServer = flow->ZeroWindows[0],
            ZeroWindowToClient = flow->ZeroWindows[1],
            GapsToServer = flow->Gaps[0],
            GapsToClient = flow->Gaps[1],
            RttNanos = flow->RttMicros * 1000L,
            HasRtt = flow->RttMicros != 0,
            IsIcmp = isIcmp,
            IcmpType = isIcmp ? (byte)flow->ClientPort : (byte)0,
            IcmpCode = isIcmp ? IcmpPairs.CodeOf(flow->Protocol, flow->ClientPort, flow->ServerPort) : (byte)0,
            IsMidstream = flow->Is(FlowTraits.Midstream),
            Unread = flow->Unread,
        };
        Records.Emit(in record, flow->FirstNanos);
    }

    private void SetRecordContext(Flow* flow, bool isReversed)
    {
        ref var head = ref Records.Context;
        head.FlowId = flow->Id;
        // Ends, ports, VLANs and tunnel lie alike in both.
        Unsafe.CopyBlockUnaligned(
            ref Unsafe.As<Address, byte>(ref head.Client), ref *(byte*)&flow->Client, Flow.EndsSize);
        if (isReversed)
        {
            (head.Client, head.Server) = (head.Server, head.Client);
            (head.ClientPort, head.ServerPort) = (head.ServerPort, head.ClientPort);
        }

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
        _context.NowNanos = _now;
        _context.FlowId = flow->Id;
        _context.ClientPort = Records.Context.ClientPort;
        _context.ServerPort = Records.Context.ServerPort;
        _context.IsMidstream = flow->Is(FlowTraits.Midstream);
        _context.App = flow->App;
    }
}
