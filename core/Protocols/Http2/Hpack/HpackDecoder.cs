using System.Diagnostics;

namespace NetSniff.Protocols.Http2.Hpack;

/// <summary>HPACK, RFC 7541: header blocks of one direction, field by field.</summary>
internal sealed class HpackDecoder
{
    /// <summary>No length or index of a block that fits our limits is larger.</summary>
    private const int IntegerMax = 1 << 28;

    private readonly HpackTable _table = new();

    /// <summary>Largest table size the other side allowed so far (SETTINGS_HEADER_TABLE_SIZE). A lower one needs no
    /// care here: the encoder answers it with a size update.</summary>
    private int _allowedMax = HpackTable.SizeDefault;

    public HpackTable Table => _table;

    /// <summary>The other side's SETTINGS_HEADER_TABLE_SIZE.</summary>
    public void Allow(uint sizeMax) => _allowedMax = Math.Max(_allowedMax, (int)Math.Min(sizeMax, IntegerMax));

    /// <summary>Header blocks, or SETTINGS that allowed more, were not seen.</summary>
    public void Forget()
    {
        _table.Forget();
        _allowedMax = IntegerMax;
    }

    /// <summary>The other side's SETTINGS came by a way we did not see; nothing of the table is lost.</summary>
    public void AllowAll() => _allowedMax = IntegerMax;

    public void Reset()
    {
        _table.Reset();
        _allowedMax = HpackTable.SizeDefault;
    }

    /// <summary>The next field of the block.</summary>
    public HpackStatus Next(ref HpackCursor cursor, out HpackField field)
    {
        field = default;
        while (cursor.Position < cursor.Block.Length)
        {
            var first = cursor.Block[cursor.Position];
            if ((first & 0xE0) != 0x20)
            {
                cursor.IsPastUpdates = true;
                return first >= 0x80 ? ReadIndexed(ref cursor, out field) : ReadLiteral(ref cursor, first, out field);
            }

            if (cursor.IsPastUpdates || !TryReadInteger(ref cursor, 0x1F, out var size) || size > _allowedMax)
            {
                return HpackStatus.Broken;
            }

            _table.Resize(size);
        }

        return HpackStatus.End;
    }

    /// <summary>Section 6.1.</summary>
    private HpackStatus ReadIndexed(ref HpackCursor cursor, out HpackField field)
    {
        field = default;
        if (!TryReadInteger(ref cursor, 0x7F, out var index) || index == 0) return HpackStatus.Broken;

        if (index <= HpackStaticTable.Count)
        {
            var line = HpackStaticTable.LineAt(index, out var nameLength, out var name);
            field = new HpackField(line, nameLength, name);
            return HpackStatus.Field;
        }

        if (!_table.TryGet(index - HpackStaticTable.Count - 1, out var entry))
        {
            return _table.IsLossy ? HpackStatus.Unknown : HpackStatus.Broken;
        }

        if (!entry.IsNameKnown) return HpackStatus.Unknown;

        field = new HpackField(_table.LineOf(in entry), entry.NameLength, entry.Name);
        return HpackStatus.Field;
    }

    /// <summary>Section 6.2: with indexing (01), without (0000), or never (0001).</summary>
    private HpackStatus ReadLiteral(ref HpackCursor cursor, byte first, out HpackField field)
    {
        field = default;
        var isIndexing = first >= 0x40;
        if (!TryReadInteger(ref cursor, isIndexing ? 0x3F : 0x0F, out var nameIndex)) return HpackStatus.Broken;

        ReadOnlySpan<byte> rawName = default;
        var isNameHuffman = false;
        if (nameIndex == 0 && !TryReadString(ref cursor, out rawName, out isNameHuffman)) return HpackStatus.Broken;

        if (!TryReadString(ref cursor, out var rawValue, out var isValueHuffman)) return HpackStatus.Broken;

        var isNameKnown = TryFindName(nameIndex, out var entry);
        if (!isNameKnown && !_table.IsLossy) return HpackStatus.Broken;

        var nameRoom = nameIndex == 0 ? HuffmanDecoder.RoomFor(rawName.Length) : entry.NameLength;
        var line = _table.Tail(nameRoom + 2 + HuffmanDecoder.RoomFor(rawValue.Length));
        int nameLength;
        var header = entry.Name;
        if (nameIndex == 0)
        {
            if (!TryCopy(rawName, isNameHuffman, line, out nameLength)) return HpackStatus.Broken;

            header = HeaderNames.Find(line[..nameLength]);
        }
        else
        {
            nameLength = CopyName(nameIndex, line);
        }

        line[nameLength] = (byte)':';
        line[nameLength + 1] = (byte)' ';
        if (!TryCopy(rawValue, isValueHuffman, line[(nameLength + 2)..], out var valueLength))
        {
            return HpackStatus.Broken;
        }

        ReadOnlySpan<byte> whole = isIndexing
            ? _table.Add(nameLength, valueLength, header, isNameKnown)
            : line[..(nameLength + 2 + valueLength)];
        if (!isNameKnown) return HpackStatus.Unknown;

        field = new HpackField(whole, nameLength, header);
        return HpackStatus.Field;
    }

    /// <summary>Whether the name a literal refers to is one we have. The entry says its length and what it is.
    /// </summary>
    private bool TryFindName(int nameIndex, out HpackTable.Entry entry)
    {
        entry = default;
        if (nameIndex == 0) return true;

        if (nameIndex > HpackStaticTable.Count)
        {
            var isThere = _table.TryGet(nameIndex - HpackStaticTable.Count - 1, out entry);
            return isThere && entry.IsNameKnown;
        }

        HpackStaticTable.LineAt(nameIndex, out var nameLength, out var name);
        entry = new HpackTable.Entry(0, nameLength, 0, name, IsNameKnown: true);
        return true;
    }

    private int CopyName(int nameIndex, Span<byte> target)
    {
        var nameLength = 0;
        ReadOnlySpan<byte> line = default;
        if (nameIndex <= HpackStaticTable.Count)
        {
            line = HpackStaticTable.LineAt(nameIndex, out nameLength, out _);
        }
        else if (_table.TryGet(nameIndex - HpackStaticTable.Count - 1, out var entry))
        {
            line = _table.LineOf(in entry);
            nameLength = entry.NameLength;
        }

        line[..nameLength].CopyTo(target);
        return nameLength;
    }

    private static bool TryCopy(ReadOnlySpan<byte> raw, bool isHuffman, Span<byte> target, out int length)
    {
        if (isHuffman) return HuffmanDecoder.TryDecode(raw, target, out length);

        raw.CopyTo(target);
        length = raw.Length;
        return true;
    }

    /// <summary>Section 5.2. Still encoded.</summary>
    private static bool TryReadString(scoped ref HpackCursor cursor, out ReadOnlySpan<byte> raw, out bool isHuffman)
    {
        raw = default;
        isHuffman = cursor.Position < cursor.Block.Length && cursor.Block[cursor.Position] >= 0x80;
        if (!TryReadInteger(ref cursor, 0x7F, out var length)) return false;
        if (length > cursor.Block.Length - cursor.Position) return false;

        raw = cursor.Block.Slice(cursor.Position, length);
        cursor.Position += length;
        return true;
    }

    /// <summary>Section 5.1. Refuses what is larger than any block, so that a long run of 0x80 ends as well.</summary>
    private static bool TryReadInteger(ref HpackCursor cursor, int mask, out int value)
    {
        var block = cursor.Block;
        var position = cursor.Position;
        value = 0;
        if ((uint)position >= (uint)block.Length) return false;

        value = block[position++] & mask;
        if (value == mask)
        {
            // Five octets at most: 127 + 2^35 is above the bound already in the fourth shift.
            long sum = value;
            for (var shift = 0; ; shift += 7)
            {
                if (shift > 28 || (uint)position >= (uint)block.Length) return false;

                var octet = block[position++];
                sum += (long)(octet & 0x7F) << shift;
                if (sum > IntegerMax) return false;
                if (octet < 0x80) break;
            }

            value = (int)sum;
        }

        Debug.Assert(value is >= 0 and <= IntegerMax);
        cursor.Position = position;
        return true;
    }
}
