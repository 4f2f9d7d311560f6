namespace NetSniff.Packets;

/// <summary>Point to point, RFC 1661, alone and over Ethernet (RFC 2516).</summary>
public static unsafe partial class PacketDecoder
{
    private const int PppoeSize = 6;

    /// <summary>Serial lines speak PPP or Cisco's HDLC; the first two bytes differ (RFC 1662 section 3.1).</summary>
    private static void PppOrCisco(ref Packet packet, ref Walk walk, byte* at)
    {
        const int CiscoUnicast = 0x0f, CiscoMulticast = 0x8f;
        if (walk.Left(at) < 2) RunShort(ref packet, in walk);
        else if (at[0] is CiscoUnicast or CiscoMulticast && at[1] == 0) CiscoHdlc(ref packet, ref walk, at);
        else Ppp(ref packet, ref walk, at);
    }

    private static void Pppoe(ref Packet packet, ref Walk walk, byte* at)
    {
        const int SessionCode = 0;
        packet.EtherType = EtherTypes.PppoeSession;
        if (walk.Left(at) < PppoeSize) RunShort(ref packet, in walk);
        else if (at[1] == SessionCode) Ppp(ref packet, ref walk, at + PppoeSize);
    }

    /// <summary>Address and control may be left out, and the protocol's first byte too when it is zero (RFC 1661
    /// section 6.5 and 6.6).</summary>
    private static void Ppp(ref Packet packet, ref Walk walk, byte* at)
    {
        const int AllStations = 0xff, Unnumbered = 0x03;
        const int Ipv4Protocol = 0x0021, Ipv6Protocol = 0x0057, MplsProtocol = 0x0281, MplsMulticastProtocol = 0x0283;
        if (walk.Left(at) >= 2 && at[0] == AllStations && at[1] == Unnumbered) at += 2;
        if (walk.Left(at) < 2)
        {
            RunShort(ref packet, in walk);
            return;
        }

        // Every full protocol number has an even first byte and an odd second one.
        var isShort = (*at & 1) != 0;
        var protocol = isShort ? *at : Read16(at);
        at += isShort ? 1 : 2;
        switch (protocol)
        {
            case Ipv4Protocol: Ipv4(ref packet, ref walk, at); return;
            case Ipv6Protocol: Ipv6(ref packet, ref walk, at); return;
            case MplsProtocol or MplsMulticastProtocol: Mpls(ref packet, ref walk, at); return;
        }
    }
}
