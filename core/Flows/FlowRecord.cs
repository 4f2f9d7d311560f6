using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Flows;

/// <summary>Why a flow ended.</summary>
public enum FlowEnd : byte { None, Finished, Reset, Idle, Active, Evicted, CaptureEnded }

/// <summary>TCP states of a whole connection, in the words of EVE.</summary>
public enum TcpState : byte
{
    None, SynSent, SynReceived, Established, FinWait1, FinWait2, TimeWait, LastAck, CloseWait, Closing, Closed,
}

/// <summary>One conversation, both ways, when it ends (or has been active for long).</summary>
public readonly struct FlowRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "flow",
        "One conversation between two ends: counts both ways, TCP health, why it ended.",
        "{flow.packets.toserver~1}→ {flow.packets.toclient~1}← packets  {flow.bytes.toserver}↑ {flow.bytes.toclient}↓  "
        + "{flow.end~2}");

    public FlowRecord()
    {
    }

    /// <summary>What a flow has come to.</summary>
    [SetsRequiredMembers]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal unsafe FlowRecord(Flow* flow, FlowEnd end)
    {
        this = default;
        FirstNanos = flow->FirstNanos;
        LastNanos = flow->LastNanos;
        PacketsToServer = flow->Packets[0];
        PacketsToClient = flow->Packets[1];
        BytesToServer = flow->Bytes[0];
        BytesToClient = flow->Bytes[1];
        PayloadToServer = flow->Payload[0];
        PayloadToClient = flow->Payload[1];
        End = end;
        Unread = flow->Unread;
        var protocol = flow->Protocol;
        if (protocol is IpProtocol.Icmp or IpProtocol.Icmpv6)
        {
            IsIcmp = true;
            IcmpType = (byte)flow->ClientPort;
            IcmpCode = IcmpPairs.CodeOf(protocol, flow->ClientPort, flow->ServerPort);
        }

        if (protocol != IpProtocol.Tcp) return;

        var tcp = flow->Tcp;
        IsTcp = true;
        State = tcp->State;
        FlagsToServer = tcp->Flags[0];
        FlagsToClient = tcp->Flags[1];
        RetransmittedToServer = tcp->Retransmitted[0];
        RetransmittedToClient = tcp->Retransmitted[1];
        OutOfOrderToServer = tcp->OutOfOrder[0];
        OutOfOrderToClient = tcp->OutOfOrder[1];
        ZeroWindowToServer = tcp->ZeroWindows[0];
        ZeroWindowToClient = tcp->ZeroWindows[1];
        GapsToServer = tcp->Gaps[0];
        GapsToClient = tcp->Gaps[1];
        RttNanos = tcp->RttMicros * 1000L;
        HasRtt = tcp->RttMicros != 0;
        IsMidstream = flow->Is(FlowTraits.Midstream);
    }

    public required long FirstNanos { get; init; }
    public required long LastNanos { get; init; }
    public required ulong PacketsToServer { get; init; }
    public required ulong PacketsToClient { get; init; }
    public required ulong BytesToServer { get; init; }
    public required ulong BytesToClient { get; init; }
    public required ulong PayloadToServer { get; init; }
    public required ulong PayloadToClient { get; init; }
    public required FlowEnd End { get; init; }
    public bool IsTcp { get; init; }
    public TcpState State { get; init; }
    public byte FlagsToServer { get; init; }
    public byte FlagsToClient { get; init; }
    public uint RetransmittedToServer { get; init; }
    public uint RetransmittedToClient { get; init; }
    public uint OutOfOrderToServer { get; init; }
    public uint OutOfOrderToClient { get; init; }
    public uint ZeroWindowToServer { get; init; }
    public uint ZeroWindowToClient { get; init; }
    public uint GapsToServer { get; init; }
    public uint GapsToClient { get; init; }
    public long RttNanos { get; init; }
    public bool HasRtt { get; init; }
    public byte IcmpType { get; init; }
    public byte IcmpCode { get; init; }
    public bool IsIcmp { get; init; }
    public bool IsMidstream { get; init; }
    public FlowUnread Unread { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        // In locals: what is written may be anywhere, as far as a compiler knows.
        var (isTcp, isIcmp) = (IsTcp, IsIcmp);
        // A copy of its own, whose state stays in registers (ADR 72). All at once, though they are more than fifteen
        // (ADR 76): in two parts a flow took no less time and 0.2 % more instructions.
        var fields = visitor;
        fields.Time("flow.first", "When the first packet was seen", FirstNanos);
        fields.Time("flow.last", "When the last packet was seen", LastNanos);
        fields.Duration("flow.duration", "From the first packet to the last", LastNanos - FirstNanos);
        fields.Number("flow.packets.toserver", "Packets the client sent", PacketsToServer);
        fields.Number("flow.packets.toclient", "Packets the server sent", PacketsToClient);
        fields.Number("flow.bytes.toserver", "Bytes the client sent, whole frames", BytesToServer);
        fields.Number("flow.bytes.toclient", "Bytes the server sent, whole frames", BytesToClient);
        fields.Number("flow.payload.toserver", "Transport payload bytes the client sent", PayloadToServer);
        fields.Number("flow.payload.toclient", "Transport payload bytes the server sent", PayloadToClient);
        fields.Number("flow.end", "Why it ended: 1 finished, 2 reset, 3 idle, 4 active timeout, 5 evicted, 6 capture "
            + "ended", (ulong)End);
        fields.Number("flow.tcp.state", "TCP state at the end, 1 SYN sent … 3 established … 10 closed", (ulong)State,
            isTcp);
        fields.Number("flow.tcp.flags.toserver", "TCP flags the client ever set", FlagsToServer, isTcp);
        fields.Number("flow.tcp.flags.toclient", "TCP flags the server ever set", FlagsToClient, isTcp);
        fields.Number("flow.tcp.retransmitted.toserver", "Segments the client sent again", RetransmittedToServer,
            isTcp);
        fields.Number("flow.tcp.retransmitted.toclient", "Segments the server sent again", RetransmittedToClient,
            isTcp);
        fields.Number("flow.tcp.outoforder.toserver", "Client segments seen late", OutOfOrderToServer, isTcp);
        fields.Number("flow.tcp.outoforder.toclient", "Server segments seen late", OutOfOrderToClient, isTcp);
        fields.Number("flow.tcp.zerowindow.toserver", "Client packets that closed its window", ZeroWindowToServer,
            isTcp);
        fields.Number("flow.tcp.zerowindow.toclient", "Server packets that closed its window", ZeroWindowToClient,
            isTcp);
        fields.Number("flow.tcp.gaps.toserver", "Holes left in the client's bytes", GapsToServer, isTcp);
        fields.Number("flow.tcp.gaps.toclient", "Holes left in the server's bytes", GapsToClient, isTcp);
        fields.Duration("flow.tcp.rtt", "Round trip of the handshake, SYN to the client's ACK", RttNanos, HasRtt);
        fields.Flag("flow.midstream", "The capture began after the connection had", IsMidstream, isTcp);
        fields.Number("flow.icmp.type", "ICMP type of the first packet", IcmpType, isIcmp);
        fields.Number("flow.icmp.code", "ICMP code of the first packet", IcmpCode, isIcmp);
        fields.Number("flow.unread", "Payload was left unread because the sensor was at its limits: 1 flow not in the "
            + "sample, 2 headers only, 3 flows only", (ulong)Unread, Unread != FlowUnread.No);
        visitor = fields;
    }
}
