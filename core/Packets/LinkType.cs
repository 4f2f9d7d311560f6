namespace NetSniff.Packets;

/// <summary>Link-layer header types as numbered in pcap files (LINKTYPE_ registry of tcpdump.org).</summary>
public enum LinkType : ushort
{
    Null = 0,
    Ethernet = 1,
    Ppp = 9,
    PppHdlc = 50,
    PppEther = 51,
    RawBsd = 12,
    RawOpenBsd = 14,
    Raw = 101,
    CiscoHdlc = 104,
    Ieee80211 = 105,
    FrameRelay = 107,
    Loop = 108,
    LinuxSll = 113,
    Ieee80211Radiotap = 127,
    PerPacketInfo = 192,
    Ipv4 = 228,
    Ipv6 = 229,
    Nflog = 239,

    /// <summary>IP over InfiniBand, LINKTYPE_IPOIB.</summary>
    Infiniband = 242,
    LinuxSll2 = 276,
}
