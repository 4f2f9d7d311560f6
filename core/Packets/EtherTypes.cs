namespace NetSniff.Packets;

/// <summary>What an Ethernet, GRE or cooked header says comes next (IEEE 802 numbers, IANA).</summary>
public static class EtherTypes
{
    /// <summary>Below this the field is an 802.3 length and a logical-link header follows.</summary>
    public const ushort LengthMax = 0x05ff;

    /// <summary>Linux' own number for a bare 802.2 header (if_ether.h), so that spanning tree and its kin have one.
    /// </summary>
    public const ushort Llc = 0x0004;

    public const ushort
        Ipv4 = 0x0800, Arp = 0x0806, ErspanThree = 0x22eb, TransparentEthernet = 0x6558, Vlan = 0x8100,
        Ipv6 = 0x86dd, Ppp = 0x880b, Wccp = 0x883e, Mpls = 0x8847, MplsMulticast = 0x8848, PppoeSession = 0x8864,
        FabricPath = 0x8903, VnTag = 0x8926, ETag = 0x893f, Nsh = 0x894f, Provider = 0x88a8, Erspan = 0x88be,
        Macsec = 0x88e5, ProviderBackbone = 0x88e7, OldProvider = 0x9100, OlderProvider = 0x9200;
}
