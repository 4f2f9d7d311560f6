namespace NetSniff.Packets;

/// <summary>Ethernet and what an EtherType may announce.</summary>
public static unsafe partial class PacketDecoder
{
    /// <summary>Labels read in one MPLS stack.</summary>
    public const int MplsLabelsMax = 16;

    private static void Ethernet(ref Packet packet, ref Walk walk, byte* at)
    {
        if (walk.Left(at) < EthernetSize) RunShort(ref packet, in walk);
        else Typed(ref packet, ref walk, at + EthernetSize, Read16(at + 12));
    }

    /// <summary>What follows an EtherType; tags that end in another EtherType go round.</summary>
    private static void Typed(ref Packet packet, ref Walk walk, byte* at, int etherType)
    {
        while (walk.HeadersLeft-- > 0)
        {
            packet.EtherType = (ushort)etherType;
            var tag = 0;
            switch (etherType)
            {
                case EtherTypes.Ipv4: Ipv4(ref packet, ref walk, at); return;
                case EtherTypes.Ipv6: Ipv6(ref packet, ref walk, at); return;
                case EtherTypes.Mpls or EtherTypes.MplsMulticast: Mpls(ref packet, ref walk, at); return;
                case EtherTypes.PppoeSession: Pppoe(ref packet, ref walk, at); return;
                case EtherTypes.Ppp: Ppp(ref packet, ref walk, at); return;
                case EtherTypes.Nsh: Nsh(ref packet, ref walk, at); return;
                case EtherTypes.TransparentEthernet: Ethernet(ref packet, ref walk, at); return;
                case EtherTypes.FabricPath: Ethernet(ref packet, ref walk, at + 2); return;
                case EtherTypes.ProviderBackbone: Ethernet(ref packet, ref walk, at + 4); return;
                case EtherTypes.Vlan or EtherTypes.Provider or EtherTypes.OldProvider or EtherTypes.OlderProvider:
                    tag = TagSize;
                    break;
                case EtherTypes.VnTag: tag = 6; break;
                case EtherTypes.ETag: tag = 8; break;
                case EtherTypes.Macsec: tag = MacsecSize(in walk, at); break;
                case <= EtherTypes.LengthMax: Llc(ref packet, ref walk, at); return;
            }

            if (tag == 0) return;
            if (walk.Left(at) < tag)
            {
                RunShort(ref packet, in walk);
                return;
            }

            if (tag == TagSize) Tag(ref packet, ref walk, Read16(at));

            etherType = Read16(at + tag - 2);
            at += tag;
        }

        packet.Status = DecodeStatus.Malformed;
    }

    /// <summary>The tag of IEEE 802.1AE up to the EtherType behind it; 0 when what follows is encrypted.</summary>
    private static int MacsecSize(in Walk walk, byte* at)
    {
        const int HasSystem = 0x20, Encrypted = 0x08, Changed = 0x04;
        if (walk.Left(at) < 1 || (*at & (Encrypted | Changed)) != 0) return 0;
        return (*at & HasSystem) != 0 ? 6 + 8 + 2 : 6 + 2;
    }

    /// <summary>IEEE 802.2: SNAP leads to an EtherType, IP has a number of its own, the rest is not ours.</summary>
    private static void Llc(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 3;
        const int SnapPoint = 0xaa, IpPoint = 0x06, Unnumbered = 0x03;
        packet.EtherType = EtherTypes.Llc;
        if (walk.Left(at) < Size) RunShort(ref packet, in walk);
        else if (at[0] == SnapPoint && at[1] == SnapPoint && at[2] == Unnumbered) Snap(ref packet, ref walk, at + Size);
        else if (at[0] == IpPoint && at[1] == IpPoint && at[2] == Unnumbered) Ipv4(ref packet, ref walk, at + Size);
    }

    /// <summary>Five bytes: who numbers the protocols (zeros, RFC 1042; 00-00-f8, 802.1H; 00-80-c2, bridged), and
    /// which.
    /// </summary>
    private static void Snap(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 5;
        const int Bridged = 0x0080c2, Bridge802H = 0x0000f8, BridgedEthernet = 0x0001, BridgedEthernetNoSum = 0x0007;
        if (walk.Left(at) < Size)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var organization = at[0] << 16 | at[1] << 8 | at[2];
        var protocol = Read16(at + 3);
        if (organization is 0 or Bridge802H)
        {
            if (protocol > EtherTypes.LengthMax) Typed(ref packet, ref walk, at + Size, protocol);
        }
        else if (organization == Bridged && protocol is BridgedEthernet or BridgedEthernetNoSum)
        {
            if (walk.HeadersLeft-- > 0) Ethernet(ref packet, ref walk, at + Size);
        }
    }

    /// <summary>A stack of labels, RFC 3032; nothing says what is under it, so the first half-byte must.</summary>
    /// <remarks>A pseudowire may put a control word (RFC 4385: first half-byte 0) before its Ethernet, and an address
    /// may begin with any digit: the reading that ends in an IP header is believed.</remarks>
    private static void Mpls(ref Packet packet, ref Walk walk, byte* at)
    {
        const int LabelSize = 4;
        const int ControlWordSize = 4;
        uint label = 0;
        var labels = 0;
        do
        {
            if (walk.Left(at) < LabelSize)
            {
                RunShort(ref packet, in walk);
                return;
            }

            if (labels++ == MplsLabelsMax)
            {
                packet.Status = DecodeStatus.Malformed;
                return;
            }

            label = Read32(at);
            at += LabelSize;
        }
        while ((label & 0x100) == 0);

        packet.Tunnel = TunnelKind.Mpls;
        packet.TunnelId = label >> 12;
        packet.Traits |= PacketTraits.Tunnelled;
        if (walk.Left(at) < 1)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var first = *at >> 4;
        if (first is 4 or 6)
        {
            var before = packet;
            var walkBefore = walk;
            RawIp(ref packet, ref walk, at);
            if (packet.Status == DecodeStatus.Ok || !LooksEthernet(in walkBefore, at)) return;

            packet = before;
            walk = walkBefore;
        }

        if (first == 0 && LooksEthernet(in walk, at + ControlWordSize)) at += ControlWordSize;
        if (walk.HeadersLeft-- > 0) Ethernet(ref packet, ref walk, at);
    }

    /// <summary>Whether these bytes read as an Ethernet frame that carries IP or a VLAN tag.</summary>
    private static bool LooksEthernet(in Walk walk, byte* at)
    {
        if (walk.Left(at) < EthernetSize + TagSize) return false;

        var version = at[EthernetSize] >> 4;
        return Read16(at + 12) switch
        {
            EtherTypes.Ipv4 => version == 4,
            EtherTypes.Ipv6 => version == 6,
            EtherTypes.Vlan or EtherTypes.Provider => true,
            _ => false,
        };
    }

    /// <summary>The network service header, RFC 8300: its length in words, and what comes next.</summary>
    private static void Nsh(ref Packet packet, ref Walk walk, byte* at)
    {
        const int SizeMin = 8;
        const int NextIpv4 = 1, NextIpv6 = 2, NextEthernet = 3, NextMpls = 5;
        if (walk.Left(at) < SizeMin)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var size = (at[1] & 0x3f) * 4;
        if (size < SizeMin)
        {
            packet.Status = DecodeStatus.Malformed;
            return;
        }

        var next = at[3];
        at += size;
        if (next == NextIpv4) Ipv4(ref packet, ref walk, at);
        else if (next == NextIpv6) Ipv6(ref packet, ref walk, at);
        else if (next == NextEthernet && walk.HeadersLeft-- > 0) Ethernet(ref packet, ref walk, at);
        else if (next == NextMpls) Mpls(ref packet, ref walk, at);
    }
}
