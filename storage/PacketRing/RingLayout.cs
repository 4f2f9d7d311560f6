using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Storage.PacketRing;

/// <summary>A block's head. Blocks make up a file; packets never straddle two.</summary>
/// <remarks>
/// <code>
///  file:   | block | block | block | …            RingOptions.SegmentBytes
///  block:  | head, 320 bytes | packet | packet | … | unused
///  packet: | head, 40 bytes | captured bytes | padding to 8
/// </code>
/// <see cref="Used"/> is stored after the packet it covers, so a reader, or the next run, sees whole packets only.
/// The flows of a block are a Bloom filter of 2,048 bits with two probes: with the 380 packets of 658 bytes that fill
/// a block, a block without the flow is looked into in at most one of ten cases.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BlockHeader
{
    public const int Bytes = 256 * 1024;
    public const int Size = 320;
    public const uint MagicValue = 0x4b52_534e; // "NSRK"
    private const int FilterWords = 32;

    public uint Magic;
    public int Used;
    public int Packets;
    public int Reserved;
    public long FirstNanos;
    public long LastNanos;

    /// <summary>Blocks of a ring are numbered in the order they were begun.</summary>
    public ulong Number;

    /// <summary>Which run of the ring wrote it: its interfaces' names are in that run's file.</summary>
    public ulong Run;
    private fixed ulong _unused[2];
    private fixed ulong _flows[FilterWords];

    public void AddFlow(ulong hash)
    {
        _flows[(int)(hash >> 6) & (FilterWords - 1)] |= 1ul << (int)hash;
        _flows[(int)(hash >> 38) & (FilterWords - 1)] |= 1ul << (int)(hash >> 32);
    }

    public bool MayHave(ulong hash) =>
        (_flows[(int)(hash >> 6) & (FilterWords - 1)] >> (int)hash & 1) != 0
        && (_flows[(int)(hash >> 38) & (FilterWords - 1)] >> (int)(hash >> 32) & 1) != 0;
}

/// <summary>Stands before a packet's bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PacketHeader
{
    public const int Size = 40;

    public long TimeNanos;
    public ulong FlowHash;
    public int CapturedLength;
    public int WireLength;
    public int LinkType;
    public ushort Interface;
    public ushort StrippedVlan;
    public ushort StrippedVlanType;
    public ushort Reserved;
    public uint ReservedToo;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Room(int capturedLength) => Size + ((capturedLength + 7) & ~7);
}
