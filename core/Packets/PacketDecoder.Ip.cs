using System.Runtime.CompilerServices;

namespace NetSniff.Packets;

/// <summary>IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers.</summary>
public static unsafe partial class PacketDecoder
{
    /// <summary>IPv6 extension and authentication headers walked in one packet. Nobody needs ten; a hundred fit in a
    /// frame of an Ethernet, and are sent by who hopes that nobody walks so far.</summary>
    public const int ExtensionsMax = 128;

    private const int HopByHop = 0, Routing = 43, FragmentHeader = 44, DestinationOptions = 60, Mobility = 135,
        HostIdentity = 139, Shim6 = 140, NoNextHeader = 59;

    private const int FragmentHeaderSize = 8;
    private const int FragmentOffsetMask = 0xfff8;

    private static void Ipv4(ref Packet packet, ref Walk walk, byte* at)
    {
        const int MoreFragments = 0x2000, OffsetMask = 0x1fff;
        packet.EtherType = EtherTypes.Ipv4;
        if (walk.Left(at) < Ipv4Size)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var header = (*at & 15) * 4;
        long total = Read16(at + 2);

        // Segmentation offload leaves a zero on super-frames: the datagram goes to the end of the frame.
        if (total == 0) total = walk.WireLeft(at);
        if (*at >> 4 != 4 || header < Ipv4Size || total < header)
        {
            packet.Status = DecodeStatus.Malformed;
            return;
        }

        BeginNetwork(ref packet);
        packet.Source = Address.FromV4(Unsafe.ReadUnaligned<uint>(at + 12));
        packet.Target = Address.FromV4(Unsafe.ReadUnaligned<uint>(at + 16));
        packet.TimeToLive = at[8];
        packet.Protocol = at[9];
        packet.FragmentId = Read16(at + 4);
        walk.EndAt(at + total);

        var fragment = Read16(at + 6);
        at += header;
        if (walk.Left(at) < 0)
        {
            RunShort(ref packet, in walk);
        }
        else if ((fragment & (MoreFragments | OffsetMask)) != 0)
        {
            var isLast = (fragment & MoreFragments) == 0;
            Fragment(ref packet, ref walk, at, packet.Protocol, (fragment & OffsetMask) * 8, isLast);
        }
        else
        {
            Upper(ref packet, ref walk, at, packet.Protocol);
        }
    }

    private static void Ipv6(ref Packet packet, ref Walk walk, byte* at)
    {
        packet.EtherType = EtherTypes.Ipv6;
        if (walk.Left(at) < Ipv6Size)
        {
            RunShort(ref packet, in walk);
            return;
        }

        if (*at >> 4 != 6)
        {
            packet.Status = DecodeStatus.Malformed;
            return;
        }

        BeginNetwork(ref packet);
        packet.Source = new(Unsafe.ReadUnaligned<ulong>(at + 8), Unsafe.ReadUnaligned<ulong>(at + 16));
        packet.Target = new(Unsafe.ReadUnaligned<ulong>(at + 24), Unsafe.ReadUnaligned<ulong>(at + 32));
        packet.TimeToLive = at[7];

        long length = Read16(at + 4);
        var next = at[6];
        at += Ipv6Size;

        // Zero is for jumbograms; without that option it is a super-frame of segmentation offload, or truly nothing.
        if (length == 0 && next != NoNextHeader) length = next == HopByHop ? JumboLength(in walk, at) : walk.WireLeft(at);
        walk.EndAt(at + length);
        Upper(ref packet, ref walk, at, next);
    }

    /// <summary>The length in a jumbo option (RFC 2675 section 2), or to the end when there is none.</summary>
    private static long JumboLength(in Walk walk, byte* at)
    {
        const int PadOne = 0, JumboOption = 0xc2, JumboOptionLength = 4;
        if (walk.Left(at) < 8) return walk.WireLeft(at);

        var end = Math.Min((at[1] + 1) * 8, walk.Left(at));
        for (var offset = 2L; offset + 6 <= end;)
        {
            if (at[offset] == PadOne)
            {
                offset++;
                continue;
            }

            if (at[offset] == JumboOption && at[offset + 1] == JumboOptionLength) return Read32(at + offset + 2);

            offset += 2 + at[offset + 1];
        }

        return walk.WireLeft(at);
    }

    /// <summary>Forgets what an outer network header said.</summary>
    private static void BeginNetwork(ref Packet packet)
    {
        packet.Traits &= PacketTraits.Tunnelled | PacketTraits.Outgoing;
        packet.Status = DecodeStatus.Ok;
        packet.SourcePort = 0;
        packet.TargetPort = 0;
        packet.FragmentId = 0;
        packet.FragmentOffset = 0;
    }

    /// <summary>Walks extension headers, if any, to the transport.</summary>
    private static void Upper(ref Packet packet, ref Walk walk, byte* at, int protocol)
    {
        var isSix = packet.EtherType == EtherTypes.Ipv6;
        var isAuthenticated = false;
        for (var count = 0; count <= ExtensionsMax; count++)
        {
            packet.Protocol = (byte)protocol;
            if (walk.Left(at) < 0)
            {
                RunShort(ref packet, in walk);
                return;
            }

            if (protocol != IpProtocol.Ah && !(isSix && IsExtension(protocol)))
            {
                Transport(ref packet, ref walk, at, protocol);
                if (isAuthenticated) NameAuthenticated(ref packet, protocol);
                return;
            }

            if (walk.Left(at) < 8)
            {
                RunShort(ref packet, in walk);
                return;
            }

            if (protocol == FragmentHeader)
            {
                var fragment = Read16(at + 2);
                packet.FragmentId = Read32(at + 4);
                protocol = *at;
                at += FragmentHeaderSize;

                // A datagram in one piece is a whole one (RFC 6946).
                if ((fragment & (FragmentOffsetMask | 1)) == 0) continue;

                Fragment(ref packet, ref walk, at, protocol, fragment & FragmentOffsetMask, (fragment & 1) == 0);
                return;
            }

            // Lengths are in units of eight bytes, but four in the authentication header (RFC 4302 section 2.2).
            var size = protocol == IpProtocol.Ah ? (at[1] + 2) * 4 : (at[1] + 1) * 8;

            // Mobility is a message as long as nothing follows it, which is all that RFC 6275 section 6.1.1 defines.
            if (protocol == Mobility && *at == NoNextHeader)
            {
                SetPayload(ref packet, in walk, at);
                return;
            }

            isAuthenticated |= protocol == IpProtocol.Ah;
            protocol = *at;
            at += size;
        }

        packet.Status = DecodeStatus.Malformed;
    }

    /// <summary>Of IPv6 alone: in IPv4 these are protocols like others.</summary>
    private static bool IsExtension(int protocol) => protocol
        is HopByHop or Routing or FragmentHeader or DestinationOptions or Mobility or HostIdentity or Shim6;

    /// <summary>Behind an authentication header only what has ports, or a tunnel's inside, makes a flow of its own: OSPF
    /// and ESP there stay AH, as other engines have it.</summary>
    private static void NameAuthenticated(ref Packet packet, int protocol)
    {
        var isNamed = protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp
            or IpProtocol.Icmp or IpProtocol.Icmpv6;
        if (!isNamed && packet.Protocol == protocol) packet.Protocol = IpProtocol.Ah;
    }

    /// <summary>A piece of a datagram: its payload is the piece, and the first one tells the ports.</summary>
    private static void Fragment(
        ref Packet packet, ref Walk walk, byte* at, int protocol, int offset, bool isLast)
    {
        packet.Protocol = (byte)protocol;
        packet.FragmentOffset = offset;
        packet.Traits |= isLast ? PacketTraits.Fragment : PacketTraits.Fragment | PacketTraits.MoreFragments;
        if (offset == 0) TryPorts(ref packet, in walk, at, protocol);

        SetPayload(ref packet, in walk, at);
    }
}
