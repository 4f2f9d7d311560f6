using System.Buffers.Binary;

namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>How functions of a library lie on the stack: .eh_frame_hdr and .eh_frame (LSB Core 10.6). Libraries built
/// without frame pointers cannot be followed otherwise.</summary>
internal sealed class FrameTable
{
    private const int HeadBytes = 12, RowBytes = 8;

    /// <summary>Of the search table; the largest library here has 75,000 functions, 600 KB.</summary>
    private const int TableBytesMax = 16 << 20;

    /// <summary>Of what describes one function, or what several have in common.</summary>
    private const int EntryBytesMax = 4096;

    private const int RulesMax = 100_000;

    private readonly Dictionary<ulong, FrameRule> _rules = [];
    private readonly ElfFile _file;
    private readonly ulong _start;
    private readonly byte[] _table = [];

    public FrameTable(ElfFile file)
    {
        (_file, _start) = (file, file.FramesAddress);
        Span<byte> head = stackalloc byte[HeadBytes];
        if (_start == 0 || file.OffsetOf(_start) is not { } offset || file.Read(head, offset) < HeadBytes) return;

        // Version 1; where .eh_frame is (which the rows tell as well); a count of 32 bits; pairs of 32 bits, signed,
        // reckoned from here. Linkers write no other form.
        if (head[0] != 1 || (head[1] & 0xF) is not (0x3 or 0xB) || head[2] != 0x03 || head[3] != 0x3B) return;

        var count = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        var length = (int)Math.Min(count, Math.Min(TableBytesMax, file.FramesBytes) / RowBytes) * RowBytes;
        var table = new byte[length];
        var read = file.Read(table, offset + HeadBytes);
        _table = table[..(read / RowBytes * RowBytes)];
    }

    public bool IsEmpty => _table.Length == 0;

    /// <param name="address">As the file has it.</param>
    public FrameRule RuleAt(ulong address)
    {
        if (_rules.TryGetValue(address, out var known)) return known;

        var rule = Find(address);
        if (_rules.Count < RulesMax) _rules[address] = rule;
        return rule;
    }

    private FrameRule Find(ulong address)
    {
        var wanted = (long)(address - _start);
        var (low, high) = (0, _table.Length / RowBytes - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (Row(middle, 0) <= wanted) low = middle + 1;
            else high = middle - 1;
        }

        if (high < 0) return default;

        Span<byte> bytes = stackalloc byte[EntryBytesMax];
        var at = _start + (ulong)(long)Row(high, 4);
        if (ReadEntry(at, bytes) is not { Length: > 4 } entry) return default;

        // How far back from its second word the common part lies; 0 would make it a common part itself.
        var back = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        Span<byte> commonBytes = stackalloc byte[EntryBytesMax];
        if (back == 0 || ReadEntry(at + 4 - back, commonBytes) is not { Length: > 4 } common) return default;

        return FrameProgram.Run(common[4..], entry[4..], at + 8, address);
    }

    private int Row(int index, int offset) =>
        BinaryPrimitives.ReadInt32LittleEndian(_table.AsSpan(index * RowBytes + offset));

    /// <summary>What follows an entry's length.</summary>
    private Span<byte> ReadEntry(ulong address, Span<byte> bytes)
    {
        if (_file.OffsetOf(address) is not { } offset) return default;

        var read = _file.Read(bytes, offset);
        if (read < 8) return default;

        // All ones would be a longer form, for entries that are larger than any we read.
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return length > read - 4 ? default : bytes.Slice(4, (int)length);
    }
}
