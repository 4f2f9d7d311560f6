namespace NetSniff.Packets;

/// <summary>Tunnels over UDP: a port is only a hint, so the header and what it carries must be plausible.</summary>
public static unsafe partial class PacketDecoder
{
    /// <summary>Extension headers walked in one GTP-U header.</summary>
    public const int GtpExtensionsMax = 8;

    private const ushort
        L2tpPort = 1701, GtpUserPort = 2152, TeredoPort = 3544, VxlanPort = 4789, VxlanGpePort = 4790,
        CapwapDataPort = 5247, GenevePort = 6081, MplsInUdpPort = 6635, LinuxVxlanPort = 8472;

    private static void UdpTunnel(ref Packet packet, ref Walk walk, byte* at)
    {
        switch (packet.TargetPort)
        {
            case VxlanPort or LinuxVxlanPort: Vxlan(ref packet, ref walk, at); return;
            case VxlanGpePort: VxlanGpe(ref packet, ref walk, at); return;
            case GenevePort: Geneve(ref packet, ref walk, at); return;
            case GtpUserPort: GtpUser(ref packet, ref walk, at); return;
            case L2tpPort: L2tp(ref packet, ref walk, at); return;
            case CapwapDataPort: Capwap(ref packet, ref walk, at); return;
            case MplsInUdpPort: // RFC 7510
                TryInside(ref packet, ref walk, at, TunnelKind.Mpls, 0, EtherTypes.Mpls);
                return;
        }

        // Appliances that answer with the ports exchanged, against RFC 8926 section 3.3.
        if (packet.SourcePort == GenevePort) Geneve(ref packet, ref walk, at);
        else Teredo(ref packet, ref walk, at);
    }

    /// <summary>RFC 7348: a flag that the network id is valid, and Ethernet.</summary>
    private static void Vxlan(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 8;
        const int HasNetwork = 0x08;
        if (walk.Left(at) < Size || (*at & HasNetwork) == 0) return;
        TryInside(
            ref packet, ref walk, at + Size, TunnelKind.Vxlan, Read32(at + 4) >> 8, EtherTypes.TransparentEthernet);
    }

    /// <summary>VXLAN with a next protocol (draft-ietf-nvo3-vxlan-gpe-12).</summary>
    private static void VxlanGpe(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 8;
        const int VersionMask = 0x30, HasNetwork = 0x08, HasNext = 0x04;
        if (walk.Left(at) < Size || (*at & VersionMask) != 0 || (*at & HasNetwork) == 0) return;

        int carried = EtherTypes.TransparentEthernet;
        if ((*at & HasNext) != 0)
        {
            carried = at[3] switch
            {
                1 => EtherTypes.Ipv4,
                2 => EtherTypes.Ipv6,
                3 => EtherTypes.TransparentEthernet,
                4 => EtherTypes.Nsh,
                5 => EtherTypes.Mpls,
                _ => 0,
            };
        }

        if (carried != 0) TryInside(ref packet, ref walk, at + Size, TunnelKind.Vxlan, Read32(at + 4) >> 8, carried);
    }

    /// <summary>RFC 8926: options of a length in words, and an EtherType.</summary>
    private static void Geneve(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 8;
        const int VersionMask = 0xc0, OptionsMask = 0x3f;
        if (walk.Left(at) < Size || (*at & VersionMask) != 0) return;

        var size = Size + ((*at & OptionsMask) * 4);
        var carried = Read16(at + 2);
        if (carried <= EtherTypes.LengthMax) return;
        TryInside(ref packet, ref walk, at + size, TunnelKind.Geneve, Read32(at + 4) >> 8, carried);
    }

    /// <summary>User data of mobile networks, 3GPP TS 29.281 section 5: version 1, and the subscriber's IP packet.
    /// </summary>
    private static void GtpUser(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 8, OptionalSize = 4;
        const int VersionMask = 0xf0, VersionOne = 0x30, HasExtension = 0x04, HasOptional = 0x07, UserData = 255;
        if (walk.Left(at) < Size || (*at & VersionMask) != VersionOne || at[1] != UserData) return;

        var flags = *at;
        var tunnelId = Read32(at + 4);
        if (Size + Read16(at + 2) > walk.WireLeft(at)) return;

        at += Size;
        if ((flags & HasOptional) != 0)
        {
            if (walk.Left(at) < OptionalSize) return;

            var next = (flags & HasExtension) != 0 ? at[3] : (byte)0;
            at += OptionalSize;
            for (var count = 0; next != 0; count++)
            {
                // Each is a number of words, and its last byte names the one after it.
                if (count == GtpExtensionsMax || walk.Left(at) < 1) return;
                var size = *at * 4;
                if (size == 0 || walk.Left(at) < size) return;
                next = at[size - 1];
                at += size;
            }
        }

        TryInside(ref packet, ref walk, at, TunnelKind.GtpU, tunnelId, CarriesIp);
    }

    /// <summary>IPv6 through IPv4 address translators, RFC 4380 section 5.1.1: what is inside must fit to the byte.
    /// </summary>
    private static void Teredo(ref Packet packet, ref Walk walk, byte* at)
    {
        const int AuthenticationMark = 1, AuthenticationSize = 13, OriginMark = 0, OriginSize = 8;
        if (walk.Left(at) >= AuthenticationSize && Read16(at) == AuthenticationMark)
        {
            at += AuthenticationSize + at[2] + at[3];
        }

        if (walk.Left(at) >= OriginSize && Read16(at) == OriginMark) at += OriginSize;

        if (walk.Left(at) < Ipv6Size || *at >> 4 != 6) return;
        if (Ipv6Size + Read16(at + 4) != walk.WireLeft(at)) return;
        TryInside(ref packet, ref walk, at, TunnelKind.Teredo, 0, EtherTypes.Ipv6);
    }

    /// <summary>Data of version 2, RFC 2661 section 3.1, which carries PPP.</summary>
    private static void L2tp(ref Packet packet, ref Walk walk, byte* at)
    {
        const int IsControl = 0x8000, HasLength = 0x4000, HasSequence = 0x0800, HasOffset = 0x0200;
        const int VersionMask = 0x000f, VersionTwo = 2;
        if (walk.Left(at) < 6) return;

        int flags = Read16(at);
        if ((flags & IsControl) != 0 || (flags & VersionMask) != VersionTwo) return;

        at += (flags & HasLength) != 0 ? 4 : 2;
        if (walk.Left(at) < 4) return;

        var tunnelId = Read32(at);
        at += (flags & HasSequence) != 0 ? 8 : 4;
        if ((flags & HasOffset) != 0)
        {
            if (walk.Left(at) < 2) return;
            at += 2 + Read16(at);
        }

        TryInside(ref packet, ref walk, at, TunnelKind.L2tp, tunnelId, CarriesPpp);
    }

    /// <summary>Data between access point and controller, RFC 5415 section 4.3, in the clear and in one piece.
    /// </summary>
    private static void Capwap(ref Packet packet, ref Walk walk, byte* at)
    {
        const int SizeMin = 8;
        const int IsNative = 0x01, IsPiece = 0x80;
        if (walk.Left(at) < SizeMin || *at != 0) return;

        var size = (at[1] >> 3) * 4;
        if (size < SizeMin || (at[3] & IsPiece) != 0) return;

        var carried = (at[2] & IsNative) != 0 ? CarriesWireless : EtherTypes.TransparentEthernet;
        TryInside(ref packet, ref walk, at + size, TunnelKind.Capwap, 0, carried);
    }
}
