using System.Runtime.CompilerServices;

namespace NetSniff.Packets;

/// <summary>No more of a frame than who talks to whom.</summary>
public static unsafe partial class PacketDecoder
{
    private const int Ipv6SourceOffset = 8;

    /// <summary>A number of the two addresses of the innermost IP header, equal for both directions and for all pieces
    /// of a datagram, since ports have no part in it. 0 where there is no IP.</summary>
    /// <param name="packet">Room to decode a frame that is not plain.</param>
    /// <param name="isPiece">Whether it is a piece of a datagram.</param>
    /// <remarks>A plain frame costs a look at one or two cache lines, a tenth of what decoding it costs.</remarks>
    public static ulong EndsOf(in Frame frame, ref Packet packet, out bool isPiece)
    {
        isPiece = false;
        if (frame.LinkType == LinkType.Ethernet && TryEndsPlain(in frame, out var ends)) return ends;

        Decode(in frame, ref packet);
        isPiece = packet.Status == DecodeStatus.Ok && packet.Is(PacketTraits.Fragment);
        return Ends(packet.Source, packet.Target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Ends(Address source, Address target) =>
        source.First + source.Second + target.First + target.Second;

    /// <summary>Ethernet, at most one VLAN tag, an IP header without options, extensions or fragments, TCP or a UDP
    /// header that opens no tunnel: nothing behind it can bring other addresses.</summary>
    private static bool TryEndsPlain(in Frame frame, out ulong ends)
    {
        ends = 0;
        var data = frame.Pointer;
        var captured = frame.CapturedLength;
        if (captured < EthernetSize + TagSize + Ipv4Size + UdpSize) return false;

        var network = data + EthernetSize;
        int etherType = Read16(data + 12);
        if (etherType == EtherTypes.Vlan)
        {
            etherType = Read16(network + 2);
            network += TagSize;
        }

        if (etherType == EtherTypes.Ipv4)
        {
            if (*network != 0x45 || (Read16(network + 6) & 0x3fff) != 0) return false;
            if (!OpensNothing(network[9], network + Ipv4Size)) return false;

            ends = Ends(
                Address.FromV4(Unsafe.ReadUnaligned<uint>(network + 12)),
                Address.FromV4(Unsafe.ReadUnaligned<uint>(network + 16)));
            return true;
        }

        var sixEnd = network - data + Ipv6Size + UdpSize;
        if (etherType != EtherTypes.Ipv6 || captured < sixEnd || *network >> 4 != 6) return false;
        if (!OpensNothing(network[6], network + Ipv6Size)) return false;

        // Source and target lie side by side, four words in all.
        var words = (ulong*)(network + Ipv6SourceOffset);
        ends = words[0] + words[1] + words[2] + words[3];
        return true;
    }

    /// <summary>Whether no tunnel can begin here; eight bytes of the transport are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool OpensNothing(byte protocol, byte* transport) => protocol == IpProtocol.Tcp
        || (protocol == IpProtocol.Udp && !MayTunnel(Read16(transport), Read16(transport + 2)));
}
