using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>The values of one column while a block is filled: as they go over the line.</summary>
/// <remarks>Rows without a value cost nothing while they come: values of one width are zero and missing from the
/// beginning, and texts and lists catch up with the next value.</remarks>
internal sealed class CellColumn
{
    private const int RowsAtFirst = 1024;
    private const byte Missing = 1;

    private readonly int _width;
    private readonly bool _isList;
    private byte[] _values = [];
    private byte[]? _nulls;
    private ulong[]? _ends;
    private int _capacity;
    private int _used;
    private int _filled;
    private ulong _elements;

    public CellColumn(string name, string type)
    {
        (Name, Type) = (name, type);
        var isNullable = type.StartsWith("Nullable(", StringComparison.Ordinal);
        _isList = type.StartsWith("Array(", StringComparison.Ordinal);
        var inner = isNullable || _isList ? type[(type.IndexOf('(', StringComparison.Ordinal) + 1)..^1] : type;
        _width = inner switch
        {
            "String" => 0,
            "FixedString(16)" => 16,
            "UInt8" => 1,
            "UInt16" => 2,
            "UInt32" or "Int32" => 4,
            _ => 8,
        };
        if (isNullable) _nulls = [];
        if (_isList) _ends = [];
    }

    public string Name { get; }

    public string Type { get; }

    private bool IsGrowing => _width == 0 || _isList;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set<T>(int row, T value) where T : unmanaged
    {
        if (row >= _capacity) Grow(row);
        Unsafe.WriteUnaligned(
            ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_values), (nint)row * Unsafe.SizeOf<T>()), value);
        if (_nulls is { } nulls) nulls[row] = 0;
    }

    public void SetText(int row, ReadOnlySpan<byte> text)
    {
        if (row >= _capacity) Grow(row);
        FillTo(row);
        PutText(text);
        _filled = row + 1;
        if (_nulls is { } nulls) nulls[row] = 0;
    }

    /// <summary>Begins the list of a row; its elements follow by <see cref="PutText"/> or <see cref="PutNumbers"/>.
    /// </summary>
    public void SetList(int row, int count)
    {
        if (row >= _capacity) Grow(row);
        FillTo(row);
        _elements += (ulong)count;
        _ends![row] = _elements;
        _filled = row + 1;
    }

    /// <summary>Behind its length, in seven bits a byte.</summary>
    public void PutText(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length + 5);
        var values = _values;
        var at = _used;
        var length = (uint)text.Length;
        while (length >= 0x80)
        {
            values[at++] = (byte)(length | 0x80);
            length >>= 7;
        }

        values[at++] = (byte)length;
        text.CopyTo(values.AsSpan(at));
        _used = at + text.Length;
    }

    public void PutNumbers(ReadOnlySpan<byte> words)
    {
        Reserve(words.Length);
        words.CopyTo(_values.AsSpan(_used));
        _used += words.Length;
    }

    public long Bytes(int rows)
    {
        FillTo(rows);
        return (_nulls is null ? 0 : rows) + (_ends is null ? 0 : 8L * rows)
            + (IsGrowing ? _used : (long)_width * rows);
    }

    public async Task WriteAsync(Stream target, int rows, CancellationToken cancel)
    {
        FillTo(rows);
        if (_capacity < rows) Grow(rows - 1);
        if (_nulls is { } nulls) await target.WriteAsync(nulls.AsMemory(0, rows), cancel).ConfigureAwait(false);
        if (_ends is { } ends)
        {
            var octets = MemoryMarshal.AsBytes(ends.AsSpan(0, rows)).ToArray();
            await target.WriteAsync(octets, cancel).ConfigureAwait(false);
        }

        var values = _values.AsMemory(0, IsGrowing ? _used : _width * rows);
        await target.WriteAsync(values, cancel).ConfigureAwait(false);
    }

    public void Clear(int rows)
    {
        var held = Math.Min(rows, _capacity);
        _nulls?.AsSpan(0, held).Fill(Missing);
        if (!IsGrowing) _values.AsSpan(0, held * _width).Clear();
        (_used, _filled, _elements) = (0, 0, 0);
    }

    /// <summary>Gives the rows before one what they have: no text, or no elements.</summary>
    private void FillTo(int row)
    {
        if (!IsGrowing || _filled >= row) return;
        if (row > _capacity) Grow(row - 1);
        var missing = row - _filled;
        if (_ends is { } ends)
        {
            ends.AsSpan(_filled, missing).Fill(_elements);
        }
        else
        {
            Reserve(missing);
            _values.AsSpan(_used, missing).Clear();
            _used += missing;
        }

        _filled = row;
    }

    private void Reserve(int bytes)
    {
        if (_used + bytes > _values.Length) Array.Resize(ref _values, Math.Max(2 * _values.Length, _used + bytes));
    }

    private void Grow(int row)
    {
        var before = _capacity;
        _capacity = Math.Max(Math.Max(2 * before, RowsAtFirst), row + 1);
        if (!IsGrowing) Array.Resize(ref _values, _capacity * _width);
        if (_ends is not null) Array.Resize(ref _ends, _capacity);
        if (_nulls is null) return;
        Array.Resize(ref _nulls, _capacity);
        _nulls.AsSpan(before).Fill(Missing);
    }
}
