using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>A filter asked of a packet instead of a record: of its addresses, ports, protocol, VLANs and tunnel.
/// </summary>
/// <remarks>A packet does not say which of its ends is the client, so it matches when it does either way round: what is
/// asked of `src` and `dst` is asked of both ends in turn, and both directions of a flow match alike. That is why a no
/// (`!`, `!=`) may only be asked of what is the same either way round. One thread.</remarks>
public sealed class PacketFilter
{
    private readonly Filter _filter;

    private PacketFilter(Filter filter) => _filter = filter;

    /// <summary>Null when it asks what only records know.</summary>
    public static PacketFilter? Of(Filter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return IsOfPackets(filter.Root, isNegated: false) ? new PacketFilter(filter) : null;
    }

    public bool IsAlways => _filter.IsAlways;

    public bool Matches(in Packet packet)
    {
        if (_filter.IsAlways) return true;
        if (packet.Status != DecodeStatus.Ok) return false;

        var header = new RecordHeader
        {
            Length = Unsafe.SizeOf<RecordHeader>(),
            Client = packet.Source,
            Server = packet.Target,
            ClientPort = packet.SourcePort,
            ServerPort = packet.TargetPort,
            OuterVlan = packet.OuterVlan,
            InnerVlan = packet.InnerVlan,
            Protocol = packet.Protocol,
            Tunnel = packet.Tunnel,
        };
        if (Holds(in header)) return true;

        (header.Client, header.Server) = (header.Server, header.Client);
        (header.ClientPort, header.ServerPort) = (header.ServerPort, header.ClientPort);
        return Holds(in header);
    }

    private bool Holds(in RecordHeader header) =>
        _filter.Matches(new RecordView(MemoryMarshal.AsBytes(new ReadOnlySpan<RecordHeader>(in header))));

    private static bool IsOfPackets(FilterNode node, bool isNegated) => node switch
    {
        ConstantNode => true,
        NotNode not => IsOfPackets(not.Inner, !isNegated),
        AndNode and => and.Parts.All(part => IsOfPackets(part, isNegated)),
        OrNode or => or.Parts.All(part => IsOfPackets(part, isNegated)),
        CompareNode compare => IsOfPackets(
            compare.Field.Header, isNegated != (compare.Comparison == FilterOperator.NotEqual)),
        TestNode test => IsOfPackets(test.Field.Header, isNegated),
        _ => false,
    };

    private static bool IsOfPackets(HeaderField field, bool isNegated) => field switch
    {
        HeaderField.Ip or HeaderField.Port or HeaderField.Proto or HeaderField.Vlan or HeaderField.Tunnel => true,
        HeaderField.SourceIp or HeaderField.TargetIp or HeaderField.SourcePort or HeaderField.TargetPort => !isNegated,
        _ => false,
    };
}
