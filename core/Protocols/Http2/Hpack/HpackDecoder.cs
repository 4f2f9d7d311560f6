using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Buffers;

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

    /// <summary>Reads a header block. Every one must be, wanted or not, for what it does to the table.</summary>
    /// <param name="head">Gets the fields.</param>
    /// <param name="isWhole">No field was named or held by an entry that came before the capture or was lost.</param>
    /// <returns>False if it is not HPACK: what follows cannot be decoded (RFC 9113 section 4.3).</returns>
    public bool TryDecode(ReadOnlySpan<byte> block, ref Http2Head head, out bool isWhole)
    {
        isWhole = true;
        ref var rows = ref HpackStaticTable.Rows;
        var position = 0;
        if (!TryReadUpdates(block, ref position)) return false;

        while ((uint)position < (uint)block.Length)
        {
            int first = block[position];
            if (first < 0x80)
            {
                if (!TryReadLiteral(block, ref position, ref rows, ref head, ref isWhole)) return false;
                continue;
            }

            // Section 6.1.
            var index = first & 0x7F;
            if (index < 0x7F) position++;
            else if (!TryReadInteger(block, ref position, 0x7F, out index)) return false;
            if (index == 0) return false;

            if (index <= HpackStaticTable.Count)
            {
                head.AddRow(ref HpackStaticTable.RowAt(ref rows, index));
            }
            else if (!_table.TryGet(index - HpackStaticTable.Count - 1, out var entry))
            {
                if (!_table.IsLossy) return false;
                isWhole = false;
            }
            else if (entry.IsNameKnown)
            {
                head.Add(_table.LineOf(in entry), entry.NameLength, entry.Name);
            }
            else
            {
                isWhole = false;
            }
        }

        return true;
    }

    /// <summary>Size updates stand before the first field only (section 4.2).</summary>
    private bool TryReadUpdates(ReadOnlySpan<byte> block, ref int position)
    {
        while (position < block.Length && (block[position] & 0xE0) == 0x20)
        {
            if (!TryReadInteger(block, ref position, 0x1F, out var size) || size > _allowedMax) return false;

            _table.Resize(size);
        }

        return true;
    }

    /// <summary>Section 6.2: with indexing (01), without (0000), or never (0001).</summary>
    private bool TryReadLiteral(
        ReadOnlySpan<byte> block, ref int position, ref byte rows, ref Http2Head head, ref bool isWhole)
    {
        var first = block[position];
        // An update, behind a field.
        if ((first & 0xE0) == 0x20) return false;

        var isIndexing = first >= 0x40;
        if (!TryReadInteger(block, ref position, isIndexing ? 0x3F : 0x0F, out var nameIndex)) return false;
        if (nameIndex is 0 or > HpackStaticTable.Count || isIndexing)
        {
            return TryReadRarer(block, ref position, nameIndex, isIndexing, ref head, ref isWhole);
        }

        var start = position;
        if (!TryReadString(block, ref position, out var raw, out var isHuffman)) return false;

        ref var row = ref HpackStaticTable.RowAt(ref rows, nameIndex);
        var nameLength = HpackStaticTable.NameLengthOf(ref row);
        if (!head.TryReserve(nameLength + 2 + HuffmanDecoder.RoomFor(raw.Length)))
        {
            position = start;
            return TryReadRarer(block, ref position, nameIndex, isIndexing, ref head, ref isWhole);
        }

        // Straight into the list. The row's line begins with the name and what stands behind it.
        ref var target = ref head.Next;
        Vector256.LoadUnsafe(ref row).StoreUnsafe(ref target);
        ref var value = ref Unsafe.Add(ref target, sizeof(ushort) + nameLength + 2);
        if (!TryCopy(raw, isHuffman, ref value, out var length)) return false;

        head.Keep(nameLength + 2 + length, nameLength, HpackStaticTable.NameOf(ref row));
        return true;
    }

    /// <summary>A literal that is to be kept, or is named by itself or by an entry that was kept, or that the list may have
    /// no room for: it is made behind the last entry of the table.</summary>
    private bool TryReadRarer(
        ReadOnlySpan<byte> block, ref int position, int nameIndex, bool isIndexing, ref Http2Head head, ref bool isWhole)
    {
        ReadOnlySpan<byte> rawName = default;
        var isNameHuffman = false;
        if (nameIndex == 0 && !TryReadString(block, ref position, out rawName, out isNameHuffman)) return false;
        if (!TryReadString(block, ref position, out var rawValue, out var isValueHuffman)) return false;

        var isNameKnown = TryFindName(nameIndex, out var entry);
        if (!isNameKnown && !_table.IsLossy) return false;

        var nameRoom = nameIndex == 0 ? HuffmanDecoder.RoomFor(rawName.Length) : entry.NameLength;
        var line = _table.Tail(nameRoom + 2 + HuffmanDecoder.RoomFor(rawValue.Length));
        int nameLength;
        var header = entry.Name;
        if (nameIndex == 0)
        {
            if (!TryCopy(rawName, isNameHuffman, ref line[0], out nameLength)) return false;

            header = HeaderNames.Find(line[..nameLength]);
        }
        else
        {
            nameLength = CopyName(nameIndex, line);
        }

        line[nameLength] = (byte)':';
        line[nameLength + 1] = (byte)' ';
        if (!TryCopy(rawValue, isValueHuffman, ref line[nameLength + 2], out var valueLength)) return false;

        ReadOnlySpan<byte> whole = isIndexing
            ? _table.Add(nameLength, valueLength, header, isNameKnown)
            : line[..(nameLength + 2 + valueLength)];
        if (isNameKnown) head.Add(whole, nameLength, header);
        else isWhole = false;
        return true;
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

        ref var row = ref HpackStaticTable.RowAt(ref HpackStaticTable.Rows, nameIndex);
        entry = new HpackTable.Entry(
            0, HpackStaticTable.NameLengthOf(ref row), 0, HpackStaticTable.NameOf(ref row), IsNameKnown: true);
        return true;
    }

    private int CopyName(int nameIndex, Span<byte> target)
    {
        var nameLength = 0;
        ReadOnlySpan<byte> line = default;
        if (nameIndex <= HpackStaticTable.Count)
        {
            ref var row = ref HpackStaticTable.RowAt(ref HpackStaticTable.Rows, nameIndex);
            line = HpackStaticTable.LineOf(ref row);
            nameLength = HpackStaticTable.NameLengthOf(ref row);
        }
        else if (_table.TryGet(nameIndex - HpackStaticTable.Count - 1, out var entry))
        {
            line = _table.LineOf(in entry);
            nameLength = entry.NameLength;
        }

        line[..nameLength].CopyTo(target);
        return nameLength;
    }

    /// <param name="target">Room for what <see cref="HuffmanDecoder.RoomFor"/> says of it, encoded or not.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryCopy(ReadOnlySpan<byte> raw, bool isHuffman, ref byte target, out int length)
    {
        if (isHuffman) return HuffmanDecoder.TryDecode(raw, ref target, out length);

        length = raw.Length;
        ShortCopy.Copy(ref MemoryMarshal.GetReference(raw), ref target, length);
        return true;
    }

    /// <summary>Section 5.2. Still encoded.</summary>
    private static bool TryReadString(
        ReadOnlySpan<byte> block, scoped ref int position, out ReadOnlySpan<byte> raw, out bool isHuffman)
    {
        raw = default;
        isHuffman = position < block.Length && block[position] >= 0x80;
        if (!TryReadInteger(block, ref position, 0x7F, out var length)) return false;
        if (length > block.Length - position) return false;

        raw = block.Slice(position, length);
        position += length;
        return true;
    }

    /// <summary>Section 5.1. Refuses what is larger than any block, so that a long run of 0x80 ends as well.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadInteger(ReadOnlySpan<byte> block, ref int position, int mask, out int value)
    {
        value = 0;
        if ((uint)position >= (uint)block.Length) return false;

        value = block[position++] & mask;
        return value != mask || TryReadMore(block, ref position, ref value);
    }

    private static bool TryReadMore(ReadOnlySpan<byte> block, ref int position, ref int value)
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
        Debug.Assert(value is >= 0 and <= IntegerMax);
        return true;
    }
}
