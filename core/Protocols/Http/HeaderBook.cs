using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Records;

namespace NetSniff.Protocols.Http;

/// <summary>Where a text lies in a <see cref="HeaderBook"/>.</summary>
public readonly record struct TextSlice(int Offset, int Length);

/// <summary>Keeps the texts of one message, of any HTTP version, until its record is written: first the ones given to
/// <see cref="Keep"/> (method, target), then the header fields, packed as the record wants them.</summary>
/// <remarks>One byte array that grows to what messages need, is bounded by the limits below and stays for the next
/// message. The value of a known field is found inside the packed list, so each text is copied once.</remarks>
public sealed partial class HeaderBook
{
    /// <summary>Header fields listed per message.</summary>
    public const int FieldsMax = 64;

    /// <summary>Bytes of the list; what comes later is left out and <see cref="IsCut"/> says so.</summary>
    public const int FieldBytesMax = 8 * 1024;

    /// <summary>Bytes kept of a known field that the list had no room for.</summary>
    public const int LateValueBytesMax = 1024;

    /// <summary>Bytes of one text given to <see cref="Keep"/>.</summary>
    public const int TextBytesMax = 16 * 1024;

    /// <summary>Bytes of room that a book keeps for its next message.</summary>
    internal const int RestBytesMax = 8 * 1024;

    private const int StartBytes = 1024;
    private const int LengthSize = sizeof(ushort);

    private Places _known;
    private byte[] _bytes = new byte[StartBytes];
    private int _used;
    private int _listStart;
    private int _listEnd;
    private int _fields;
    private bool _isListClosed;

    /// <summary>A limit was reached and something left out.</summary>
    public bool IsCut { get; private set; }

    /// <summary>`name: value` each.</summary>
    public TextList Fields
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(this[new TextSlice(_listStart, _listEnd - _listStart)], _fields);
    }

    /// <param name="slice">Of this book, since it was cleared.</param>
    public ReadOnlySpan<byte> this[TextSlice slice]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_bytes, slice.Offset, slice.Length);
    }

    /// <summary>The first value of a known field, empty if there was none.</summary>
    public ReadOnlySpan<byte> this[KnownHeader header] => this[_known[(int)header]];

    public bool Has(KnownHeader header) => _known[(int)header].Length > 0;

    public void Clear()
    {
        _known = default;
        (_used, _listStart, _listEnd, _fields) = (0, 0, 0, 0);
        _isListClosed = IsCut = false;
    }

    /// <summary>Clears, and gives back what one unusually large message needed.</summary>
    public void Reset()
    {
        Clear();
        Shrink();
    }

    /// <summary>Gives back what one unusually large message needed. Its texts are gone then.</summary>
    public void Shrink()
    {
        if (_bytes.Length <= RestBytesMax) return;

        Clear();
        _bytes = new byte[StartBytes];
    }

    /// <summary>Keeps a text that is no header field. Do so before the first field: after one, the list is closed.
    /// </summary>
    public TextSlice Keep(ReadOnlySpan<byte> text)
    {
        if (_fields > 0) _isListClosed = true;
        if (text.Length > TextBytesMax)
        {
            text = text[..TextBytesMax];
            IsCut = true;
        }

        return Append(text);
    }

    /// <summary>Adds a header field and says which it was.</summary>
    public KnownHeader Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var header = KnownHeaders.Find(name);
        if (!TryOpenField(name.Length + 2 + value.Length, out var target))
        {
            if (header != KnownHeader.Other && !Has(header)) _known[(int)header] = AppendLate(value);
            return header;
        }

        name.CopyTo(target);
        target[name.Length] = (byte)':';
        target[name.Length + 1] = (byte)' ';
        value.CopyTo(target[(name.Length + 2)..]);
        if (header != KnownHeader.Other && !Has(header))
        {
            _known[(int)header] = new TextSlice(_used - value.Length, value.Length);
        }

        return header;
    }

    /// <summary>Adds a line that is no `name: value`, as it is.</summary>
    public void AddLine(ReadOnlySpan<byte> line)
    {
        if (TryOpenField(line.Length, out var target)) line.CopyTo(target);
    }

    /// <summary>Whether the list has room for one field. After the first that finds none it stays closed: with a hole
    /// in the middle it would look whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReserveField(int length)
    {
        if (_fields == 0) _listStart = _listEnd = _used;
        if (!_isListClosed && _fields != FieldsMax && LengthSize + length <= FieldBytesMax - (_listEnd - _listStart))
        {
            return true;
        }

        _isListClosed = IsCut = true;
        return false;
    }

    private bool TryOpenField(int length, out Span<byte> target)
    {
        if (!TryReserveField(length))
        {
            target = default;
            return false;
        }

        target = Reserve(LengthSize + length);
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)length);
        target = target[LengthSize..];
        _listEnd = _used;
        _fields++;
        return true;
    }

    private TextSlice AppendLate(ReadOnlySpan<byte> value) =>
        Append(value.Length > LateValueBytesMax ? value[..LateValueBytesMax] : value);

    private TextSlice Append(ReadOnlySpan<byte> text)
    {
        var slice = new TextSlice(_used, text.Length);
        _used += text.Length;
        if (_used > _bytes.Length) Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)_used));
        ref var target = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), slice.Offset);
        ShortCopy.Copy(ref MemoryMarshal.GetReference(text), ref target, text.Length);
        return slice;
    }

    private Span<byte> Reserve(int length)
    {
        var start = _used;
        _used += length;
        if (_used > _bytes.Length) Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)_used));
        return _bytes.AsSpan(start, length);
    }

    /// <summary>Where the first value of each known field lies.</summary>
    [InlineArray(KnownHeaders.Count)]
    private struct Places
    {
        private TextSlice _first;
    }
}
