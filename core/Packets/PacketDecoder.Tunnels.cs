namespace NetSniff.Packets;

/// <summary>Tunnels that are IP protocols of their own.</summary>
public static unsafe partial class PacketDecoder
{
    /// <summary>Source route entries walked in one GRE header (RFC 1701).</summary>
    public const int GreRoutesMax = 16;

    private const int EtherIp = 97, MplsInIp = 137, EthernetInIp = 143;

    // What a tunnel says it carries, beyond the EtherTypes: outside their sixteen bits.
    private const int CarriesIp = 0x1_0000, CarriesPpp = 0x1_0001, CarriesWireless = 0x1_0002;

    /// <summary>Goes into a tunnel. Where no sound IP packet is found inside, the carrier's own flow has it.</summary>
    private static bool TryInside(
        ref Packet packet, ref Walk walk, byte* at, TunnelKind kind, uint tunnelId, int carried)
    {
        if (walk.TunnelsLeft <= 0 || walk.Left(at) <= 0) return false;

        var carrier = packet;
        var carrierWalk = walk;
        walk.TunnelsLeft--;
        packet.Tunnel = kind;
        packet.TunnelId = tunnelId;
        packet.Traits |= PacketTraits.Tunnelled;
        packet.Status = DecodeStatus.NotIp;
        switch (carried)
        {
            case CarriesIp: RawIp(ref packet, ref walk, at); break;
            case CarriesPpp: Ppp(ref packet, ref walk, at); break;
            case CarriesWireless: Wireless(ref packet, ref walk, at, isPadded: false); break;
            default: Typed(ref packet, ref walk, at, carried); break;
        }

        if (packet.Status == DecodeStatus.Ok) return true;

        packet = carrier;
        walk = carrierWalk;
        return false;
    }

    private static void NetworkTunnel(ref Packet packet, ref Walk walk, byte* at, int protocol)
    {
        switch (protocol)
        {
            case IpProtocol.IpInIp:
                TryInside(ref packet, ref walk, at, TunnelKind.IpInIp, 0, EtherTypes.Ipv4);
                return;

            case IpProtocol.Ipv6:
                TryInside(ref packet, ref walk, at, TunnelKind.IpInIp, 0, EtherTypes.Ipv6);
                return;

            case IpProtocol.Gre: Gre(ref packet, ref walk, at); return;

            case EtherIp: // RFC 3378: version 3 and twelve zero bits
                if (walk.Left(at) < 2 || *at >> 4 != 3) return;
                TryInside(ref packet, ref walk, at + 2, TunnelKind.EtherIp, 0, EtherTypes.TransparentEthernet);
                return;

            case EthernetInIp: // RFC 8986 section 10.1
                TryInside(ref packet, ref walk, at, TunnelKind.EtherIp, 0, EtherTypes.TransparentEthernet);
                return;

            case MplsInIp: // RFC 4023
                TryInside(ref packet, ref walk, at, TunnelKind.Mpls, 0, EtherTypes.Mpls);
                return;
        }
    }

    /// <summary>GRE: RFC 2784 and 2890, routing of RFC 1701, and version 1 of PPTP (RFC 2637).</summary>
    private static void Gre(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 4;
        const int HasSum = 0x8000, HasRouting = 0x4000, HasKey = 0x2000, HasSequence = 0x1000;
        const int HasAcknowledgement = 0x0080, VersionMask = 7, WordSize = 4;
        if (walk.Left(at) < Size) return;

        int flags = Read16(at);
        int carried = Read16(at + 2);
        var version = flags & VersionMask;
        if (version > 1) return;

        var keyOffset = Size + ((flags & (HasSum | HasRouting)) != 0 ? WordSize : 0);
        var size = keyOffset
            + ((flags & HasKey) != 0 ? WordSize : 0)
            + ((flags & HasSequence) != 0 ? WordSize : 0)
            + (version == 1 && (flags & HasAcknowledgement) != 0 ? WordSize : 0);
        if (walk.Left(at) < size) return;

        var key = (flags & HasKey) != 0 ? Read32(at + keyOffset) : 0;
        at += size;
        if (version == 1)
        {
            // The key's lower half is the call; the upper one is a length.
            if (carried == EtherTypes.Ppp) TryInside(ref packet, ref walk, at, TunnelKind.Gre, key & 0xffff, CarriesPpp);
            return;
        }

        if ((flags & HasRouting) != 0 && !TrySkipRoutes(in walk, ref at)) return;

        switch (carried)
        {
            case EtherTypes.Erspan: Erspan(ref packet, ref walk, at, (flags & HasSequence) != 0); return;
            case EtherTypes.ErspanThree: ErspanThree(ref packet, ref walk, at); return;
            case EtherTypes.Wccp: Wccp(ref packet, ref walk, at, key); return;
            case >= ArubaFirst and <= ArubaLast:
                TryInside(ref packet, ref walk, at, TunnelKind.Gre, key, CarriesWireless);
                return;
            default: TryInside(ref packet, ref walk, at, TunnelKind.Gre, key, carried); return;
        }
    }

    // Wireless controllers send 802.11 frames under these private numbers.
    private const int ArubaFirst = 0x8200, ArubaLast = 0x82ff;

    private static bool TrySkipRoutes(in Walk walk, ref byte* at)
    {
        const int RouteHeaderSize = 4;
        for (var count = 0; count < GreRoutesMax && walk.Left(at) >= RouteHeaderSize; count++)
        {
            var length = at[3];
            var isLast = Read16(at) == 0 && length == 0;
            at += RouteHeaderSize + length;
            if (isLast) return true;
        }

        return false;
    }

    /// <summary>Mirrored Ethernet. Type I has no header of its own; type II, told by GRE's sequence number, has
    /// eight bytes (draft-foschiano-erspan-03).</summary>
    private static void Erspan(ref Packet packet, ref Walk walk, byte* at, bool hasSequence)
    {
        const int Size = 8;
        uint session = 0;
        if (hasSequence)
        {
            if (walk.Left(at) < Size) return;
            session = Read16(at + 2) & 0x3ffu;
            at += Size;
        }

        TryInside(ref packet, ref walk, at, TunnelKind.Erspan, session, EtherTypes.TransparentEthernet);
    }

    /// <summary>Type III: twelve bytes, eight more when the last bit says so, and a kind of frame.</summary>
    private static void ErspanThree(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 12, SubheaderSize = 8;
        const int KindIp = 2;
        if (walk.Left(at) < Size) return;

        var session = Read16(at + 2) & 0x3ffu;
        var kind = (at[10] >> 2) & 0x1f;
        var hasSubheader = (at[11] & 1) != 0;
        at += hasSubheader ? Size + SubheaderSize : Size;
        var carried = kind == KindIp ? CarriesIp : EtherTypes.TransparentEthernet;
        TryInside(ref packet, ref walk, at, TunnelKind.Erspan, session, carried);
    }

    /// <summary>Web cache redirection; its second version has four bytes that cannot be taken for IPv4.</summary>
    private static void Wccp(ref Packet packet, ref Walk walk, byte* at, uint key)
    {
        if (walk.Left(at) < 1) return;
        if (*at >> 4 != 4) at += 4;
        TryInside(ref packet, ref walk, at, TunnelKind.Gre, key, EtherTypes.Ipv4);
    }
}
