using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NetSniff.Packets;

/// <summary>Link headers, by the capture's link type (LINKTYPE_ registry of tcpdump.org).</summary>
public static unsafe partial class PacketDecoder
{
    private const int CookedSize = 16;
    private const int CookedTwoSize = 20;
    private const int NflogHeaderSize = 4;
    private const int NflogPayload = 9;
    private const int NflogValuesMax = 32;

    private static void Link(ref Packet packet, ref Walk walk, byte* at, LinkType linkType)
    {
        switch (linkType)
        {
            case LinkType.Ethernet: Ethernet(ref packet, ref walk, at); return;
            case LinkType.Raw or LinkType.RawBsd or LinkType.RawOpenBsd: RawIp(ref packet, ref walk, at); return;
            case LinkType.Ipv4 or LinkType.Ipv6: RawIp(ref packet, ref walk, at); return;
            case LinkType.Infiniband: Infiniband(ref packet, ref walk, at); return;
            case LinkType.Null or LinkType.Loop: Loopback(ref packet, ref walk, at); return;
            case LinkType.LinuxSll: Cooked(ref packet, ref walk, at, isTwo: false); return;
            case LinkType.LinuxSll2: Cooked(ref packet, ref walk, at, isTwo: true); return;
            case LinkType.Ppp or LinkType.PppHdlc: PppOrCisco(ref packet, ref walk, at); return;
            case LinkType.PppEther: Pppoe(ref packet, ref walk, at); return;
            case LinkType.CiscoHdlc: CiscoHdlc(ref packet, ref walk, at); return;
            case LinkType.FrameRelay: FrameRelay(ref packet, ref walk, at); return;
            case LinkType.Ieee80211: Wireless(ref packet, ref walk, at, isPadded: false); return;
            case LinkType.Ieee80211Radiotap: Radiotap(ref packet, ref walk, at); return;
            case LinkType.PerPacketInfo: PerPacketInfo(ref packet, ref walk, at); return;
            case LinkType.Nflog: Nflog(ref packet, ref walk, at); return;
            default: RareLink(ref packet, ref walk, at, linkType); return;
        }
    }

    /// <summary>IP without a link header: the version tells which.</summary>
    private static void RawIp(ref Packet packet, ref Walk walk, byte* at)
    {
        if (walk.Left(at) < 1) RunShort(ref packet, in walk);
        else if (*at >> 4 == 4) Ipv4(ref packet, ref walk, at);
        else if (*at >> 4 == 6) Ipv6(ref packet, ref walk, at);
        else packet.Status = DecodeStatus.Malformed;
    }

    /// <summary>IP over InfiniBand as Linux captures it: two addresses of twenty bytes, then RFC 4391 section 6: an
    /// EtherType and two bytes of nothing.</summary>
    private static void Infiniband(ref Packet packet, ref Walk walk, byte* at)
    {
        const int AddressesSize = 40, Size = AddressesSize + 4;
        if (walk.Left(at) < Size) RunShort(ref packet, in walk);
        else Typed(ref packet, ref walk, at + Size, Read16(at + AddressesSize));
    }

    /// <summary>BSD loopback: an address family in the order of the machine that captured, which is not told.</summary>
    /// <remarks>IPv4 is 2 everywhere; IPv6 is 10 on Linux, 23 on Windows, 24, 28 and 30 on the BSDs and macOS.
    /// </remarks>
    private static void Loopback(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 4;
        if (walk.Left(at) < Size)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var family = Read32(at);
        if (family > 0xffff) family = BinaryPrimitives.ReverseEndianness(family);

        if (family == 2) Ipv4(ref packet, ref walk, at + Size);
        else if (family is 10 or 23 or 24 or 28 or 30) Ipv6(ref packet, ref walk, at + Size);
    }

    /// <summary>Linux' cooked capture, both versions: the same fields in other places.</summary>
    private static void Cooked(ref Packet packet, ref Walk walk, byte* at, bool isTwo)
    {
        const int KindOutgoing = 4;
        const int HardwareFrameRelay = 770, HardwareWireless = 801, HardwareRadiotap = 803;
        var size = isTwo ? CookedTwoSize : CookedSize;
        if (walk.Left(at) < size)
        {
            RunShort(ref packet, in walk);
            return;
        }

        if ((isTwo ? at[10] : at[1]) == KindOutgoing) packet.Traits |= PacketTraits.Outgoing;

        var protocol = Read16(isTwo ? at : at + 14);
        switch (Read16(isTwo ? at + 8 : at + 2))
        {
            case HardwareFrameRelay: FrameRelay(ref packet, ref walk, at + size); return;
            case HardwareWireless: Wireless(ref packet, ref walk, at + size, isPadded: false); return;
            case HardwareRadiotap: Radiotap(ref packet, ref walk, at + size); return;
        }

        if (protocol == EtherTypes.Llc) Llc(ref packet, ref walk, at + size);
        else if (protocol > EtherTypes.LengthMax) Typed(ref packet, ref walk, at + size, protocol);
        else packet.EtherType = protocol;
    }

    /// <summary>Cisco's HDLC: address, control, EtherType.</summary>
    private static void CiscoHdlc(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 4;
        if (walk.Left(at) < Size) RunShort(ref packet, in walk);
        else Typed(ref packet, ref walk, at + Size, Read16(at + 2));
    }

    /// <summary>Frame Relay: an address of two to four bytes, then RFC 2427 or Cisco's EtherType.</summary>
    private static void FrameRelay(ref Packet packet, ref Walk walk, byte* at)
    {
        const int AddressSizeMax = 4;
        const int Unnumbered = 0x03, Ipv4Nlpid = 0xcc, Ipv6Nlpid = 0x8e, SnapNlpid = 0x80;

        // The lowest bit of an address byte says that it is the last (Q.922 section 3.3).
        var size = 1;
        while (size < AddressSizeMax && walk.Left(at) >= size && (at[size - 1] & 1) == 0) size++;
        if (walk.Left(at) < size + 2)
        {
            RunShort(ref packet, in walk);
            return;
        }

        at += size;
        if (*at != Unnumbered)
        {
            Typed(ref packet, ref walk, at + 2, Read16(at));
            return;
        }

        // A zero may pad the identifier to an even place.
        at += at[1] == 0 ? 2 : 1;
        if (walk.Left(at) < 1) RunShort(ref packet, in walk);
        else if (*at == Ipv4Nlpid) Ipv4(ref packet, ref walk, at + 1);
        else if (*at == Ipv6Nlpid) Ipv6(ref packet, ref walk, at + 1);
        else if (*at == SnapNlpid) Snap(ref packet, ref walk, at + 1);
    }

    /// <summary>Netfilter's log: values in the order of the machine that captured; one of them is the packet.</summary>
    private static void Nflog(ref Packet packet, ref Walk walk, byte* at)
    {
        const int ValueHeaderSize = 4;
        at += NflogHeaderSize;
        for (var count = 0; count < NflogValuesMax && walk.Left(at) >= ValueHeaderSize; count++)
        {
            var length = Unsafe.ReadUnaligned<ushort>(at);
            var kind = Unsafe.ReadUnaligned<ushort>(at + 2);

            // Kinds are few, so a high byte means the other order.
            if (kind > 0xff)
            {
                kind = BinaryPrimitives.ReverseEndianness(kind);
                length = BinaryPrimitives.ReverseEndianness(length);
            }

            if (length < ValueHeaderSize) break;
            if ((kind & 0x7fff) == NflogPayload)
            {
                RawIp(ref packet, ref walk, at + ValueHeaderSize);
                return;
            }

            at += (length + 3) & ~3;
        }

        RunShort(ref packet, in walk);
    }
}
