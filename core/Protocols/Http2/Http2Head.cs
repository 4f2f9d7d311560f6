using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Buffers;
using NetSniff.Protocols.Http2.Hpack;
using NetSniff.Records;

namespace NetSniff.Protocols.Http2;

/// <summary>Header fields of a request or a response, kept until the record: one pooled block that is the list of the
/// record already, and where in it the fields lie that the record names.</summary>
internal struct Http2Head()
{
    public const int ListCountMax = 64;
    public const int ListBytesMax = 8 * 1024;

    /// <summary>With the named fields that had no place in the list.</summary>
    public const int BytesMax = 16 * 1024;

    private const int LengthSize = sizeof(ushort);
    private const int RoomBeyond = 32;

    private byte[] _block = [];
    private Places _places;
    private int _used;
    private int _listBytes;
    private int _listCount;
    private bool _isListClosed;

    /// <summary>A limit left something out.</summary>
    public bool IsCut { get; private set; }

    public readonly TextList List => new(_block.AsSpan(0, _isListClosed ? _listBytes : _used), _listCount);

    /// <summary>The value of a named field; empty when absent.</summary>
    public readonly ReadOnlySpan<byte> this[HeaderName name]
    {
        get
        {
            var place = _places[(int)name];
            return MemoryMarshal.CreateReadOnlySpan(
                ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_block), place >> 16), (int)(place & 0xFFFF));
        }
    }

    public readonly bool Has(HeaderName name) => _places[(int)name] != 0;

    /// <summary>Adds an entry of the static table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddRow(ref byte row)
    {
        var length = HpackStaticTable.LineLengthOf(ref row);
        if (!TryReserve(length))
        {
            var line = HpackStaticTable.LineOf(ref row);
            AddBeyondList(line, HpackStaticTable.NameLengthOf(ref row), HpackStaticTable.NameOf(ref row));
            return;
        }

        Vector256.LoadUnsafe(ref row).StoreUnsafe(ref Next);
        Keep(length, HpackStaticTable.NameLengthOf(ref row), HpackStaticTable.NameOf(ref row));
    }

    /// <summary>Adds a line `name: value`.</summary>
    public void Add(ReadOnlySpan<byte> line, int nameLength, HeaderName name)
    {
        if (!TryReserve(line.Length))
        {
            AddBeyondList(line, nameLength, name);
            return;
        }

        ref var target = ref Next;
        ShortCopy.Copy(ref MemoryMarshal.GetReference(line), ref Unsafe.Add(ref target, LengthSize), line.Length);
        Keep(line.Length, nameLength, name);
    }

    /// <summary>Whether the list has room for one more line of so many bytes. It may be written behind the two first
    /// bytes of <see cref="Next"/>, and a vector beyond its end, too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReserve(int lineLength)
    {
        var end = _used + LengthSize + lineLength;
        if (_isListClosed || _listCount == ListCountMax || end > ListBytesMax) return false;

        if (end + RoomBeyond > _block.Length) Grow(end + RoomBeyond);
        return true;
    }

    public readonly ref byte Next => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_block), _used);

    /// <summary>Takes the line that lies at <see cref="Next"/> into the list. Room was reserved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Keep(int lineLength, int nameLength, HeaderName name)
    {
        Unsafe.WriteUnaligned(ref Next, (ushort)lineLength);
        if (name != HeaderName.Other)
        {
            Place(name, _used + LengthSize + nameLength + 2, lineLength - nameLength - 2);
        }

        _used += LengthSize + lineLength;
        _listCount++;
    }

    /// <summary>A named field that is not listed. No field is listed after it.</summary>
    public void Put(HeaderName name, ReadOnlySpan<byte> value)
    {
        if (!_isListClosed) (_isListClosed, _listBytes) = (true, _used);
        if (value.Length > BytesMax - _used)
        {
            IsCut = true;
            value = value[..(BytesMax - _used)];
        }

        var end = _used + value.Length;
        if (end > _block.Length) Grow(end);
        value.CopyTo(_block.AsSpan(_used));
        Place(name, _used, value.Length);
        _used = end;
    }

    /// <summary>Empty again, with its block if that is a small one.</summary>
    public void Clear()
    {
        if (_block.Length > Http2Pool.SmallBytes)
        {
            Http2Pool.Current.Return(_block);
            _block = [];
        }

        _places = default;
        (_used, _listBytes, _listCount, _isListClosed, IsCut) = (0, 0, 0, false, false);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddBeyondList(ReadOnlySpan<byte> line, int nameLength, HeaderName name)
    {
        IsCut = true;
        // Repeats cost nothing, however long the line: a block can name one a thousand times.
        if (name != HeaderName.Other && !Has(name)) Put(name, line[(nameLength + 2)..]);
    }

    /// <summary>The first of a name counts.</summary>
    private void Place(HeaderName name, int offset, int length)
    {
        Debug.Assert(offset + length <= BytesMax);
        ref var place = ref _places[(int)name];
        if (place == 0) place = (uint)offset << 16 | (uint)length;
    }

    private void Grow(int bytes)
    {
        Debug.Assert(bytes <= BytesMax);
        var pool = Http2Pool.Current;
        var block = pool.Rent(bytes);
        _block.AsSpan(0, _used).CopyTo(block);
        pool.Return(_block);
        _block = block;
    }

    /// <summary>Offset and length of a value, 16 bits each.</summary>
    [InlineArray((int)HeaderName.Count)]
    private struct Places
    {
        private uint _first;
    }
}
