namespace NetSniff.Packets;

/// <summary>Link-layer header types as numbered in pcap files (LINKTYPE_ registry of tcpdump.org).</summary>
public enum LinkType : ushort
{
    Null = 0,
    Ethernet = 1,
    TokenRing = 6,
    Slip = 8,
    Ppp = 9,
    Fddi = 10,
    PppHdlc = 50,
    PppEther = 51,
    AtmRfc1483 = 100,
    RawBsd = 12,
    RawOpenBsd = 14,
    Raw = 101,
    CiscoHdlc = 104,
    Ieee80211 = 105,
    FrameRelay = 107,
    Loop = 108,
    LinuxSll = 113,

    /// <summary>OpenBSD's packet filter log.</summary>
    Pflog = 117,
    Prism = 119,
    SunAtm = 123,
    Ieee80211Radiotap = 127,
    ArcnetLinux = 129,

    /// <summary>IP over FireWire, as macOS captures it.</summary>
    AppleFireWire = 138,

    /// <summary>802.11 behind AbsoluteValue Systems' header.</summary>
    Ieee80211Avs = 163,
    PerPacketInfo = 192,

    /// <summary>PPP behind a byte that says which way it went.</summary>
    PppDirection = 204,
    Mpls = 219,

    /// <summary>Solaris' view of IP alone.</summary>
    Ipnet = 226,
    Ipv4 = 228,
    Ipv6 = 229,
    Nflog = 239,

    /// <summary>IP over InfiniBand, LINKTYPE_IPOIB.</summary>
    Infiniband = 242,
    LinuxSll2 = 276,
}
