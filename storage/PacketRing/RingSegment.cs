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

    /// <summary>Looks at what another process may be writing. Null when it is gone, or nothing is in it yet.</summary>
    public static RingSegment? Look(string path, ulong number)
    {
        MappedFile file;
        try
        {
            if (new FileInfo(path).Length < BlockHeader.Bytes) return null;

            file = MappedFile.OpenToRead(path);
        }
        catch (FileNotFoundException)
        {
            return null; // made room meanwhile
        }

        var segment = new RingSegment(file, number);
        while (segment.BlocksBegun < segment.Blocks && CountSound(segment.Block(segment.BlocksBegun)) >= 0)
        {
            segment.BlocksBegun++;
        }

        return segment;
    }

    private static bool IsSound(BlockHeader* block)
    {
        var packets = CountSound(block);
        if (packets < 0) return false;

        // A run that was killed between the two stores has one packet more than it counted.
        block->Packets = packets;
        return true;
    }

    /// <summary>How many packets a block holds; -1 where its lengths do not add up. A power cut may have left
    /// anything.</summary>
    private static int CountSound(BlockHeader* block)
    {
        var used = Volatile.Read(ref block->Used);
        if (block->Magic != BlockHeader.MagicValue || used is < BlockHeader.Size or > BlockHeader.Bytes) return -1;

        var packets = 0;
        for (var position = BlockHeader.Size; position < used; packets++)
        {
            if (used - position < PacketHeader.Size) return -1;
            var captured = ((PacketHeader*)((byte*)block + position))->CapturedLength;
            if (captured < 0 || captured > BlockHeader.Bytes) return -1;
            position += PacketHeader.Room(captured);
            if (position > used) return -1;
        }

        return packets;
    }
}
