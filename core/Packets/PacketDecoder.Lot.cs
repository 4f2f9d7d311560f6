using System.Runtime.CompilerServices;

namespace NetSniff.Packets;

/// <summary>No more of a frame than whose flow it belongs to.</summary>
public static unsafe partial class PacketDecoder
{
    private const int PlainIpv4 = 0x45; // version, and five words of header
    private const int NoPieceMask = 0x3fff; // neither an offset nor more to come

    /// <summary>What decides which of several shards gets a frame: a number that is the same for all frames of a flow
    /// (<see cref="FlowHash.Lot(in Packet)"/>).</summary>
    /// <param name="packet">Room to decode a frame that is not plain: then it has been, and only then may
    /// <paramref name="isPiece"/> hold.</param>
    /// <param name="isPiece">Whether it is a piece of a datagram, which says little of its flow.</param>
    public static ulong LotOf(in Frame frame, ref Packet packet, out bool isPiece)
    {
        isPiece = false;
        if (frame.LinkType == LinkType.Ethernet && TryDrawPlain(in frame, out var lot)) return lot;

        Decode(in frame, ref packet);
        isPiece = packet.Status == DecodeStatus.Ok && packet.Is(PacketTraits.Fragment);
        return FlowHash.Lot(in packet);
    }

    /// <summary>Ethernet, at most one VLAN tag, IP without options, extensions or pieces, TCP or a UDP port that opens
    /// no tunnel: nothing behind it can bring other addresses or ports.</summary>
    private static bool TryDrawPlain(in Frame frame, out ulong lot)
    {
        lot = 0;
        var data = frame.Pointer;
        var captured = frame.CapturedLength;
        if (captured < EthernetSize + TagSize + Ipv4Size + PortsSize) return false;

        var network = data + EthernetSize;
        int etherType = Read16(data + 12);
        if (etherType == EtherTypes.Vlan && frame.StrippedVlan == 0)
        {
            etherType = Read16(network + 2);
            network += TagSize;
        }

        Address source, target;
        byte* ports;
        byte protocol;
        if (etherType == EtherTypes.Ipv4)
        {
            if (*network != PlainIpv4 || (Read16(network + 6) & NoPieceMask) != 0) return false;

            protocol = network[9];
            ports = network + Ipv4Size;
            source = Address.FromV4(Unsafe.ReadUnaligned<uint>(network + 12));
            target = Address.FromV4(Unsafe.ReadUnaligned<uint>(network + 16));
        }
        else
        {
            ports = network + Ipv6Size;
            if (etherType != EtherTypes.Ipv6 || captured < ports + PortsSize - data || *network >> 4 != 6) return false;

            protocol = network[6];
            source = new(Unsafe.ReadUnaligned<ulong>(network + 8), Unsafe.ReadUnaligned<ulong>(network + 16));
            target = new(Unsafe.ReadUnaligned<ulong>(network + 24), Unsafe.ReadUnaligned<ulong>(network + 32));
        }

        var (sourcePort, targetPort) = (Read16(ports), Read16(ports + 2));
        var isPlain = protocol == IpProtocol.Tcp
            || (protocol == IpProtocol.Udp && !MayTunnel(sourcePort | (uint)targetPort << 16));
        if (!isPlain) return false;

        lot = FlowHash.Lot(source, target, sourcePort, targetPort);
        return true;
    }
}
