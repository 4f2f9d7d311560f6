using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NetSniff.Packets;

/// <summary>Links of other days and of few machines (LINKTYPE_ registry of tcpdump.org), as collections have them.
/// </summary>
public static unsafe partial class PacketDecoder
{
    private const int EthernetAddressesSize = 12;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RareLink(ref Packet packet, ref Walk walk, byte* at, LinkType linkType)
    {
        switch (linkType)
        {
            case LinkType.Fddi: Skip(ref packet, ref walk, at, 1 + EthernetAddressesSize, &Llc); return;
            case LinkType.TokenRing: TokenRing(ref packet, ref walk, at); return;
            case LinkType.Slip: Skip(ref packet, ref walk, at, size: 16, &RawIp); return;
            case LinkType.AtmRfc1483: Llc(ref packet, ref walk, at); return;
            case LinkType.SunAtm: SunAtm(ref packet, ref walk, at); return;
            case LinkType.PppDirection: Skip(ref packet, ref walk, at, size: 1, &Ppp); return;
            case LinkType.Mpls: Mpls(ref packet, ref walk, at); return;
            case LinkType.Ipnet: Skip(ref packet, ref walk, at, size: 24, &RawIp); return;
            case LinkType.Pflog: Pflog(ref packet, ref walk, at); return;
            case LinkType.Prism or LinkType.Ieee80211Avs: WirelessBehind(ref packet, ref walk, at); return;
            case LinkType.ArcnetLinux: Arcnet(ref packet, ref walk, at); return;
            case LinkType.AppleFireWire: TypedAt(ref packet, ref walk, at, size: 16); return;
            default: packet.Status = DecodeStatus.UnknownLink; return;
        }
    }

    private static void Skip(
        ref Packet packet, ref Walk walk, byte* at, int size, delegate*<ref Packet, ref Walk, byte*, void> next)
    {
        if (walk.Left(at) < size) RunShort(ref packet, in walk);
        else next(ref packet, ref walk, at + size);
    }

    /// <summary>An EtherType behind so many bytes.</summary>
    private static void TypedAt(ref Packet packet, ref Walk walk, byte* at, int size)
    {
        if (walk.Left(at) < size + 2) RunShort(ref packet, in walk);
        else Typed(ref packet, ref walk, at + size + 2, Read16(at + size));
    }

    /// <summary>IEEE 802.5: the top bit of the source says that a route follows, whose first five bits are its length.
    /// </summary>
    private static void TokenRing(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 2 + EthernetAddressesSize, SourceOffset = 8;
        const int Routed = 0x80, RouteLengthMask = 0x1f;
        if (walk.Left(at) < Size + 1)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var route = (at[SourceOffset] & Routed) != 0 ? at[Size] & RouteLengthMask : 0;
        Skip(ref packet, ref walk, at, Size + route, &Llc);
    }

    /// <summary>SunATM: what kind of traffic, the path, the circuit.</summary>
    private static void SunAtm(ref Packet packet, ref Walk walk, byte* at)
    {
        const int Size = 4, KindMask = 0x0f, KindLlc = 2;
        if (walk.Left(at) < Size) RunShort(ref packet, in walk);
        else if ((*at & KindMask) == KindLlc) Llc(ref packet, ref walk, at + Size);
    }

    /// <summary>Its own length first, up to its last field; padded to words.</summary>
    private static void Pflog(ref Packet packet, ref Walk walk, byte* at)
    {
        if (walk.Left(at) < 1) RunShort(ref packet, in walk);
        else Skip(ref packet, ref walk, at, (*at + 3) & ~3, &RawIp);
    }

    /// <summary>Prism's header has its length in the order of the machine that captured, AVS' in network order. Many
    /// captures of the former have the latter.</summary>
    private static void WirelessBehind(ref Packet packet, ref Walk walk, byte* at)
    {
        const int SizeMin = 8, SizeMax = 1024;
        if (walk.Left(at) < SizeMin)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var size = Unsafe.ReadUnaligned<uint>(at + 4);
        if (size > SizeMax) size = BinaryPrimitives.ReverseEndianness(size);
        if (size is < SizeMin or > SizeMax) packet.Status = DecodeStatus.Malformed;
        else if (walk.Left(at) < size) RunShort(ref packet, in walk);
        else Wireless(ref packet, ref walk, at + size, isPadded: false);
    }

    /// <summary>Linux' ARCnet: addresses, an offset, the protocol, and in RFC 1201 two fields about pieces, before
    /// which an exception packet has four more bytes.</summary>
    private static void Arcnet(ref Packet packet, ref Walk walk, byte* at)
    {
        const int ProtocolOffset = 4, OldSize = 5, Size = 8, ExceptionSize = 4;
        const byte Ip = 212, OldIp = 240, Exception = 0xff;
        if (walk.Left(at) < Size)
        {
            RunShort(ref packet, in walk);
            return;
        }

        // A split flag says how many pieces come, a number above nought that this is not the first.
        var protocol = at[ProtocolOffset];
        var isException = at[ProtocolOffset + 1] == Exception;
        if (protocol == OldIp) RawIp(ref packet, ref walk, at + OldSize);
        else if (protocol == Ip) Skip(ref packet, ref walk, at, Size + (isException ? ExceptionSize : 0), &RawIp);
    }
}
