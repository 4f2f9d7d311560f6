using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Packets;

namespace NetSniff.Records;

/// <summary>Writes one record field by field, in any order, for whoever makes records of something else than a
/// protocol: rows read back, records without what must not leave.</summary>
/// <remarks>What is not written is not there. A field for which there is no room is left out, and its writer says so.
/// </remarks>
public ref struct RecordWriter
{
    /// <summary>Bytes that a record may have: places in it are two bytes.</summary>
    public const int BytesMax = ushort.MaxValue & ~7;

    private static readonly int s_headerSize = Unsafe.SizeOf<RecordHeader>();

    private readonly RecordSchema _schema;
    private readonly ReadOnlySpan<int> _cells;
    private readonly Span<byte> _body;
    private readonly Span<byte> _record;
    private ulong _present;
    private int _used;
    private int _listStart;
    private int _listCount;

    /// <param name="room">Where it goes: at least the header and <see cref="RecordSchema.FixedBytes"/>. More than
    /// <see cref="BytesMax"/> is not used.</param>
    public RecordWriter(Span<byte> room, RecordSchema schema) : this(room, schema, default, 0)
    {
    }

    /// <param name="room">As above.</param>
    /// <param name="cells">What cells hold to begin with, for who writes many records that are alike: none, or
    /// <see cref="RecordSchema.FixedBytes"/>.</param>
    /// <param name="present">Which of the fields are there by that.</param>
    public RecordWriter(Span<byte> room, RecordSchema schema, ReadOnlySpan<byte> cells, ulong present)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _schema = schema;
        _cells = schema.Cells;
        _record = room.Length > BytesMax ? room[..BytesMax] : room[..(room.Length & ~7)];
        _body = _record[s_headerSize..];
        if (cells.IsEmpty) _body[..schema.FixedBytes].Clear();
        else cells[..schema.FixedBytes].CopyTo(_body);
        _present = present;
        _used = schema.FixedBytes;
    }

    /// <summary>Room for what is claimed next by <see cref="Text(int, int)"/>.</summary>
    public readonly Span<byte> Left => _body[_used..];

    /// <summary>Room for what is claimed next by <see cref="Listed(int)"/>.</summary>
    public readonly Span<byte> LeftInList => _body.Length - _used < sizeof(ushort) ? default : Left[sizeof(ushort)..];

    /// <summary>A number, duration or time; a flag is 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Number(int field, ulong value)
    {
        Unsafe.WriteUnaligned(ref Cell(field), value);
        _present |= 1ul << field;
    }

    public void Flag(int field, bool value) => Number(field, value ? 1u : 0u);

    public void Address(int field, Address value)
    {
        Unsafe.WriteUnaligned(ref Cell(field), value);
        _present |= 1ul << field;
    }

    /// <returns>False when there is no room for it.</returns>
    public bool TryText(int field, ReadOnlySpan<byte> text)
    {
        if (!TryPut(text)) return false;

        Put(field, _used, text.Length, 0);
        return true;
    }

    /// <summary>So many bytes of <see cref="Left"/>, which the caller filled, are the field's text.</summary>
    public void Text(int field, int length) => Put(field, _used, length, 0);

    /// <param name="words">Eight bytes each.</param>
    /// <returns>False when there is no room for them.</returns>
    public bool TryNumbers(int field, ReadOnlySpan<byte> words)
    {
        if (!TryPut(words)) return false;

        Put(field, _used, words.Length, words.Length / sizeof(ulong));
        return true;
    }

    /// <summary>Begins a list of numbers or texts; nothing else is written before <see cref="EndList"/>.</summary>
    public void BeginList() => (_listStart, _listCount) = (_used, 0);

    /// <returns>False when there is no room for it; the list has those before.</returns>
    public bool TryListed(ulong number)
    {
        if (!BinaryPrimitives.TryWriteUInt64LittleEndian(Left, number)) return false;

        _used += sizeof(ulong);
        _listCount++;
        return true;
    }

    /// <returns>False when there is no room for it; the list has those before.</returns>
    public bool TryListed(ReadOnlySpan<byte> text)
    {
        var left = Left;
        if (left.Length < sizeof(ushort) + text.Length) return false;

        ref var start = ref MemoryMarshal.GetReference(left);
        ShortCopy.Copy(
            ref MemoryMarshal.GetReference(text), ref Unsafe.Add(ref start, sizeof(ushort)), text.Length);
        Listed(text.Length);
        return true;
    }

    /// <summary>So many bytes of <see cref="LeftInList"/>, which the caller filled, are the list's next text.</summary>
    public void Listed(int length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Left, (ushort)length);
        _used += sizeof(ushort) + length;
        _listCount++;
    }

    /// <summary>A list of nothing is not there.</summary>
    public void EndList(int field)
    {
        if (_listCount == 0) return;

        var (start, length) = (_listStart, _used - _listStart);
        _used = start;
        Put(field, start, length, _listCount);
    }

    /// <summary>Ends the record.</summary>
    /// <param name="header">Whose it is; kind, length and what is there are filled in.</param>
    /// <returns>Its bytes.</returns>
    public readonly int Finish(RecordHeader header)
    {
        var length = (s_headerSize + _used + 7) & ~7;
        _record[(s_headerSize + _used)..length].Clear();
        header.Kind = _schema.Id;
        header.Present = _present;
        header.Length = length;
        MemoryMarshal.Write(_record, in header);
        return length;
    }

    /// <summary>A field as another record has it. There must be room.</summary>
    public void Copy(int field, FieldValue value)
    {
        if (value.Kind is not (FieldKind.Text or FieldKind.Bytes or FieldKind.Texts or FieldKind.Numbers))
        {
            value.Raw.CopyTo(_body[_cells[field]..]);
            _present |= 1ul << field;
            return;
        }

        value.Raw.CopyTo(Left);
        Put(field, _used, value.Raw.Length, value.NumbersCount);
    }

    /// <summary>Within the fixed bytes, for which the constructor found room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ref byte Cell(int field) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_body), _cells[field]);

    private readonly bool TryPut(ReadOnlySpan<byte> bytes)
    {
        var left = Left;
        if (left.Length < bytes.Length) return false;

        ShortCopy.Copy(ref MemoryMarshal.GetReference(bytes), ref MemoryMarshal.GetReference(left), bytes.Length);
        return true;
    }

    private void Put(int field, int start, int length, int count)
    {
        var cell = new TextCell((ushort)(start - _cells[field]), (ushort)length, count);
        Unsafe.WriteUnaligned(ref Cell(field), cell);
        _present |= 1ul << field;
        _used = start + length;
    }
}
