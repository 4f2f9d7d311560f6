using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Flows;

/// <summary>One connection, put together from what several interfaces saw of it (worker/Merge).</summary>
/// <remarks>The lists about points have one entry for each of <c>connection.points</c>, in their order: along the path
/// from the client to the server.</remarks>
public readonly ref struct ConnectionRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "connection",
        "One connection as all interfaces together saw it: counted once, with where and when it was seen.",
        "{connection.packets.toserver~1}→ {connection.packets.toclient~1}← packets  {connection.bytes.toserver}↑ "
        + "{connection.bytes.toclient}↓  {connection.points~2}");

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
    public ulong RetransmittedToServer { get; init; }
    public ulong RetransmittedToClient { get; init; }
    public long RttNanos { get; init; }
    public bool HasRtt { get; init; }
    public bool IsMidstream { get; init; }
    public Address Via { get; init; }
    public ushort ViaPort { get; init; }
    public bool HasVia { get; init; }
    public TextList Points { get; init; }
    public TextList Nodes { get; init; }
    public ReadOnlySpan<ulong> PointFirst { get; init; }
    public ReadOnlySpan<ulong> PointLast { get; init; }
    public ReadOnlySpan<ulong> PointPacketsToServer { get; init; }
    public ReadOnlySpan<ulong> PointPacketsToClient { get; init; }
    public ReadOnlySpan<ulong> PointBytesToServer { get; init; }
    public ReadOnlySpan<ulong> PointBytesToClient { get; init; }
    public ReadOnlySpan<ulong> PointRtt { get; init; }
    public ReadOnlySpan<ulong> Legs { get; init; }
    public ReadOnlySpan<ulong> LegsUncertain { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        visitor.Time("connection.first", "When the first packet was seen anywhere", FirstNanos);
        visitor.Time("connection.last", "When the last packet was seen anywhere", LastNanos);
        visitor.Duration("connection.duration", "From the first packet to the last", LastNanos - FirstNanos);
        visitor.Number("connection.packets.toserver", "Packets the client sent, where most was seen", PacketsToServer);
        visitor.Number("connection.packets.toclient", "Packets the server sent, where most was seen", PacketsToClient);
        visitor.Number("connection.bytes.toserver", "Bytes the client sent, whole frames, counted once", BytesToServer);
        visitor.Number("connection.bytes.toclient", "Bytes the server sent, whole frames, counted once", BytesToClient);
        visitor.Number("connection.payload.toserver", "Transport payload bytes the client sent, counted once",
            PayloadToServer);
        visitor.Number("connection.payload.toclient", "Transport payload bytes the server sent, counted once",
            PayloadToClient);
        visitor.Number("connection.end", "Why it ended: 1 finished, 2 reset, 3 idle, 4 active timeout, 5 evicted, "
            + "6 capture ended", (ulong)End);
        visitor.Number("connection.tcp.state", "TCP state at the end, 1 SYN sent … 3 established … 10 closed",
            (ulong)State, IsTcp);
        visitor.Number("connection.tcp.retransmitted.toserver", "Segments the client sent again", RetransmittedToServer,
            IsTcp);
        visitor.Number("connection.tcp.retransmitted.toclient", "Segments the server sent again", RetransmittedToClient,
            IsTcp);
        visitor.Duration("connection.tcp.rtt", "Round trip of the handshake, where it was seen nearest the client",
            RttNanos, HasRtt);
        visitor.Flag("connection.midstream", "No interface saw it begin", IsMidstream, IsTcp);
        visitor.Texts("connection.points", "Where it was seen, node/interface, from the client to the server", Points);
        visitor.Texts("connection.nodes", "The node of each point", Nodes);
        visitor.Numbers("connection.points.first", "Nanoseconds from the first packet anywhere to the first there",
            PointFirst);
        visitor.Numbers("connection.points.last", "Nanoseconds from the first packet anywhere to the last there",
            PointLast);
        visitor.Numbers("connection.points.packets.toserver", "Packets of the client there", PointPacketsToServer);
        visitor.Numbers("connection.points.packets.toclient", "Packets of the server there", PointPacketsToClient);
        visitor.Numbers("connection.points.bytes.toserver", "Bytes of the client there", PointBytesToServer);
        visitor.Numbers("connection.points.bytes.toclient", "Bytes of the server there", PointBytesToClient);
        visitor.Numbers("connection.points.rtt", "Round trip of the handshake seen there, nanoseconds; 0 for none",
            PointRtt);
        visitor.Numbers("connection.legs", "Nanoseconds that the first packet took from each point to the next", Legs);
        visitor.Numbers("connection.legs.uncertain", "For each leg 1 if two nodes' clocks may differ by more",
            LegsUncertain);
        visitor.Address("connection.via.ip", "The service's address, which the client called", Via, HasVia);
        visitor.Number("connection.via.port", "The service's port", ViaPort, HasVia);
    }
}
