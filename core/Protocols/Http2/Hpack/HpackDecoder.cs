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
        if (!block.IsEmpty && (block[0] & 0xE0) == 0x20 && !TryReadUpdates(block, ref position)) return false;

        var at = position;
        while ((uint)at < (uint)block.Length)
        {
            int first = block[at];
            if (first < 0x80)
            {
                at = ReadLiteral(block, at, ref rows, ref head, ref isWhole);
                if (at < 0) return false;
                continue;
            }

            // Section 6.1.
            var index = first & 0x7F;
            at++;
            if (index == 0x7F && !TryReadLong(block, ref at, ref index)) return false;
            if (index == 0) return false;

            if (index <= HpackStaticTable.Count)
            {
                head.AddRow(ref HpackStaticTable.RowAt(ref rows, index));
                continue;
            }

            index -= HpackStaticTable.Count + 1;
            if ((uint)index < (uint)_table.Count) AddKept(index, ref head, ref isWhole);
            else if (_table.IsLossy) isWhole = false;
            else return false;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddKept(int index, ref Http2Head head, ref bool isWhole)
    {
        ref readonly var entry = ref _table.At(index);
        if (entry.IsNameKnown) head.Add(_table.LineOf(in entry), entry.NameLength, entry.Name);
        else isWhole = false;
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

    /// <summary>Section 6.2: with indexing (01), without (0000), or never (0001). Nearly all are not to be kept, have a
    /// name of the static table and a length of one octet.</summary>
    /// <returns>Where the next field begins; -1 if this is none.</returns>
    private int ReadLiteral(ReadOnlySpan<byte> block, int start, ref byte rows, ref Http2Head head, ref bool isWhole)
    {
        int first = block[start];
        // An update, behind a field.
        if ((first & 0xE0) == 0x20) return -1;

        var at = start + 1;
        var nameIndex = first & 0x0F;
        if (nameIndex == 0x0F && first < 0x40 && !TryReadLong(block, ref at, ref nameIndex)) return -1;

        int size = (uint)at < (uint)block.Length ? block[at] : 0xFF;
        var length = size & 0x7F;
        at++;
        if (first >= 0x40 || nameIndex is 0 or > HpackStaticTable.Count || length == 0x7F || length > block.Length - at)
        {
            return ReadRarer(block, start, ref head, ref isWhole);
        }

        ref var row = ref HpackStaticTable.RowAt(ref rows, nameIndex);
        var nameLength = HpackStaticTable.NameLengthOf(ref row);
        if (!head.TryReserve(nameLength + 2 + HuffmanDecoder.RoomFor(length)))
        {
            return ReadRarer(block, start, ref head, ref isWhole);
        }

        // Straight into the list. The row's line begins with the name and what stands behind it.
        ref var target = ref head.Next;
        Vector256.LoadUnsafe(ref row).StoreUnsafe(ref target);
        ref var value = ref Unsafe.Add(ref target, sizeof(ushort) + nameLength + 2);
        if (!TryCopy(block.Slice(at, length), size >= 0x80, ref value, out var valueLength)) return -1;

        head.Keep(nameLength + 2 + valueLength, nameLength, HpackStaticTable.NameOf(ref row));
        return at + length;
    }

    /// <summary>A literal that is to be kept, or is named by itself or by an entry that was kept, or that the list may
    /// have no room for: it is made behind the last entry of the table.</summary>
    private int ReadRarer(ReadOnlySpan<byte> block, int position, ref Http2Head head, ref bool isWhole)
    {
        var isIndexing = block[position] >= 0x40;
        if (!TryReadInteger(block, ref position, isIndexing ? 0x3F : 0x0F, out var nameIndex)) return -1;

        ReadOnlySpan<byte> rawName = default;
        var isNameHuffman = false;
        if (nameIndex == 0 && !TryReadString(block, ref position, out rawName, out isNameHuffman)) return -1;
        if (!TryReadString(block, ref position, out var rawValue, out var isValueHuffman)) return -1;

        var isNameKnown = TryFindName(nameIndex, out var entry);
        if (!isNameKnown && !_table.IsLossy) return -1;

        var nameRoom = nameIndex == 0 ? HuffmanDecoder.RoomFor(rawName.Length) : entry.NameLength;
        var line = _table.Tail(nameRoom + 2 + HuffmanDecoder.RoomFor(rawValue.Length));
        int nameLength;
        var header = entry.Name;
        if (nameIndex == 0)
        {
            if (!TryCopy(rawName, isNameHuffman, ref line[0], out nameLength)) return -1;

            header = HeaderNames.Find(line[..nameLength]);
        }
        else
        {
            nameLength = CopyName(nameIndex, line);
        }

        line[nameLength] = (byte)':';
        line[nameLength + 1] = (byte)' ';
        if (!TryCopy(rawValue, isValueHuffman, ref line[nameLength + 2], out var valueLength)) return -1;

        ReadOnlySpan<byte> whole = isIndexing
            ? _table.Add(nameLength, valueLength, header, isNameKnown)
            : line[..(nameLength + 2 + valueLength)];
        if (isNameKnown) head.Add(whole, nameLength, header);
        else isWhole = false;
        return position;
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

    /// <summary>As <see cref="TryReadMore"/>, mostly of one octet, and for who has its place in a register: nothing is
    /// lent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadLong(ReadOnlySpan<byte> block, ref int position, ref int value)
    {
        if ((uint)position < (uint)block.Length && block[position] < 0x80)
        {
            value += block[position++];
            return true;
        }

        var (at, sum) = (position, value);
        var isNumber = TryReadMore(block, ref at, ref sum);
        (position, value) = (at, sum);
        return isNumber;
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
