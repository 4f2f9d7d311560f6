using System.Runtime.InteropServices;

namespace NetSniff.Storage.MmapQueue;

/// <summary>Stands before every payload in a segment. Little-endian, as the machine writes it.</summary>
/// <remarks>
/// <code>
///  0        4        8                16               24       28       32
///  | mark   | crc    | sequence       | time nanos     | records| kind   | payload … padded to 8
///             └─ over everything from 8 to the payload's end
/// </code>
/// The mark is stored last and holds the length, so a half-written entry has none and is not there.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct EntryHeader
{
    public const int Size = 32;

    /// <summary>Where the checksum begins.</summary>
    public const int CheckedFrom = 8;

    /// <summary>Set in every mark, so that an empty payload has one too.</summary>
    public const uint Committed = 0x8000_0000;

    public uint Mark;
    public uint Crc;
    public ulong Sequence;
    public long TimeNanos;
    public int Records;
    public uint Kind;

    public static int Room(int payloadLength) => Size + ((payloadLength + 7) & ~7);
}
