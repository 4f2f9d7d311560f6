using System.Globalization;

namespace NetSniff.Storage.PacketRing;

/// <summary>One file of a ring: blocks one after the other.</summary>
internal sealed unsafe class RingSegment(MappedFile file, ulong number)
{
    public const string Extension = ".ring";

    public MappedFile File { get; } = file;

    /// <summary>Files of a ring are numbered in the order they were begun.</summary>
    public ulong Number { get; } = number;

    public int Blocks => (int)(File.Length / BlockHeader.Bytes);

    /// <summary>Blocks begun.</summary>
    public int BlocksBegun { get; set; }

    public long Packets { get; set; }

    public long LastNanos { get; set; }

    public static string PathOf(string folder, ulong number) =>
        Path.Combine(folder, number.ToString("x16", CultureInfo.InvariantCulture) + Extension);

    public BlockHeader* Block(int index) => (BlockHeader*)(File.Data + (long)index * BlockHeader.Bytes);

    /// <summary>Looks at what an earlier run left.</summary>
    public static RingSegment Recover(string path, ulong number)
    {
        var segment = new RingSegment(MappedFile.Open(path), number);
        while (segment.BlocksBegun < segment.Blocks && IsSound(segment.Block(segment.BlocksBegun)))
        {
            var block = segment.Block(segment.BlocksBegun++);
            segment.Packets += block->Packets;
            if (block->Packets > 0) segment.LastNanos = Math.Max(segment.LastNanos, block->LastNanos);
        }

        return segment;
    }

    /// <summary>Whether the lengths of a block add up. A power cut may have left anything.</summary>
    private static bool IsSound(BlockHeader* block)
    {
        if (block->Magic != BlockHeader.MagicValue || block->Used is < BlockHeader.Size or > BlockHeader.Bytes)
        {
            return false;
        }

        var packets = 0;
        for (var position = BlockHeader.Size; position < block->Used; packets++)
        {
            if (block->Used - position < PacketHeader.Size) return false;
            var captured = ((PacketHeader*)((byte*)block + position))->CapturedLength;
            if (captured < 0 || captured > BlockHeader.Bytes) return false;
            position += PacketHeader.Room(captured);
            if (position > block->Used) return false;
        }

        // A run that was killed between the two stores has one packet more than it counted.
        block->Packets = packets;
        return true;
    }
}
