using System.Runtime.CompilerServices;

namespace NetSniff.Packets;

/// <summary>IEEE 802.11 data frames and what capture drivers put before them.</summary>
public static unsafe partial class PacketDecoder
{
    /// <summary>Words of presence bits read in one radiotap header.</summary>
    public const int RadiotapWordsMax = 16;

    /// <summary>Radiotap: little-endian, its own length first; the flags tell of padding behind the 802.11 header.
    /// </summary>
    private static void Radiotap(ref Packet packet, ref Walk walk, byte* at)
    {
        const int SizeMin = 8;
        const uint HasTime = 1, HasFlags = 2, HasMore = 0x80000000;
        const int FlagPadded = 0x20;
        if (walk.Left(at) < SizeMin)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var size = Unsafe.ReadUnaligned<ushort>(at + 2);
        var present = Unsafe.ReadUnaligned<uint>(at + 4);
        if (size < SizeMin)
        {
            packet.Status = DecodeStatus.Malformed;
            return;
        }

        // Fields start behind the last word of presence bits, and a time stamp is aligned to its size.
        var offset = SizeMin;
        var last = present;
        for (var words = 1; (last & HasMore) != 0 && words < RadiotapWordsMax && walk.Left(at) >= offset + 4; words++)
        {
            last = Unsafe.ReadUnaligned<uint>(at + offset);
            offset += 4;
        }

        if ((present & HasTime) != 0) offset = ((offset + 7) & ~7) + 8;
        var isPadded = (present & HasFlags) != 0 && offset < size && walk.Left(at) > offset
            && (at[offset] & FlagPadded) != 0;
        Wireless(ref packet, ref walk, at + size, isPadded);
    }

    /// <summary>Per-packet information: little-endian, its own length and then the true link type.</summary>
    private static void PerPacketInfo(ref Packet packet, ref Walk walk, byte* at)
    {
        const int SizeMin = 8;
        if (walk.Left(at) < SizeMin)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var size = Unsafe.ReadUnaligned<ushort>(at + 2);
        var linkType = Unsafe.ReadUnaligned<uint>(at + 4);
        if (size < SizeMin || linkType > ushort.MaxValue || walk.HeadersLeft-- <= 0)
        {
            packet.Status = DecodeStatus.Malformed;
            return;
        }

        Link(ref packet, ref walk, at + size, (LinkType)linkType);
    }

    /// <summary>A data frame in the clear leads to a logical-link header; all others are the radio's own talk.
    /// </summary>
    private static void Wireless(ref Packet packet, ref Walk walk, byte* at, bool isPadded)
    {
        const int ControlSize = 4;
        const int KindData = 2, SubtypeNoData = 4, SubtypeQuality = 8;
        const int BothSystems = 0x03, Protected = 0x40, Ordered = 0x80;
        const int AggregatedUnits = 0x80, UnitHeaderSize = 14;
        if (walk.Left(at) < ControlSize)
        {
            RunShort(ref packet, in walk);
            return;
        }

        var subtype = at[0] >> 4;
        var flags = at[1];
        packet.EtherType = EtherTypes.Llc;
        if (((at[0] >> 2) & 3) != KindData || (subtype & SubtypeNoData) != 0 || (flags & Protected) != 0) return;

        // Three addresses, a fourth between access points, then quality of service and high-throughput control.
        var hasQuality = (subtype & SubtypeQuality) != 0;
        var qualityOffset = 24 + ((flags & BothSystems) == BothSystems ? 6 : 0);
        var size = qualityOffset + (hasQuality ? 2 : 0) + (hasQuality && (flags & Ordered) != 0 ? 4 : 0);
        if (isPadded) size = (size + 3) & ~3;
        if (walk.Left(at) < size)
        {
            RunShort(ref packet, in walk);
            return;
        }

        // Of several units in one frame the first stands for all.
        if (hasQuality && (at[qualityOffset] & AggregatedUnits) != 0) size += UnitHeaderSize;

        Llc(ref packet, ref walk, at + size);
    }
}
