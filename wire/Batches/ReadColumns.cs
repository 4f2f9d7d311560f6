using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NetSniff.Wire.Batches;

/// <summary>The numbers of one column, read back.</summary>
/// <remarks>Most columns are one number over and over. It is not written out unless somebody wants all values side by
/// side: what is read for each row stays in the nearest cache.</remarks>
internal sealed class ReadNumbers
{
    private ulong[] _values = [];
    private ulong _constant;
    private int _count;
    private int _next;

    public int Count => _count;

    /// <summary>All are <see cref="First"/>.</summary>
    public bool IsConstant { get; private set; }

    public ulong First => _count == 0 ? 0 : IsConstant ? _constant : _values[0];

    public ReadOnlySpan<ulong> Values
    {
        get
        {
            if (IsConstant) Room().Fill(_constant);
            IsConstant = false;
            return _values.AsSpan(0, _count);
        }
    }

    /// <summary>The next one, in the order of the rows; 0 when there are no more, which a sound batch never asks for.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        var next = _next;
        if (next >= _count) return 0;

        _next = next + 1;
        return IsConstant ? _constant : _values[next];
    }

    public bool HasNext => _next < _count;

    /// <summary>So many zeros, for a column that the batch leaves out.</summary>
    public void Fill(int count) => (_next, _count, IsConstant, _constant) = (0, count, true, 0);

    /// <param name="count">How many there must be.</param>
    /// <param name="times">For <see cref="NumberEncoding.FromTime"/>.</param>
    /// <param name="earlier">For <see cref="NumberEncoding.SameAs"/>.</param>
    public void Read(ref BatchReader input, int count, ReadOnlySpan<ulong> times, ReadOnlySpan<ReadNumbers> earlier)
    {
        (_next, _count, IsConstant) = (0, count, false);
        var encoding = (NumberEncoding)input.Byte();
        if (encoding == NumberEncoding.Constant)
        {
            (IsConstant, _constant) = (true, input.Varint());
            return;
        }

        // A byte each is the least but where an earlier column says it: no room is made for what is not there.
        if (encoding != NumberEncoding.SameAs && count > input.Left) input.Break();
        if (input.IsBroken)
        {
            _count = 0;
            return;
        }

        var values = Room();
        switch (encoding)
        {
            case NumberEncoding.Empty when count == 0:
                break;
            case NumberEncoding.Plain:
                for (var row = 0; row < count && !input.IsBroken; row++) values[row] = input.Varint();
                break;
            case NumberEncoding.Delta:
                var last = 0ul;
                for (var row = 0; row < count && !input.IsBroken; row++) values[row] = last += Unzigzag(input.Varint());
                break;
            case NumberEncoding.FromTime when times.Length == count:
                for (var row = 0; row < count && !input.IsBroken; row++)
                {
                    values[row] = times[row] + Unzigzag(input.Varint());
                }

                break;
            case NumberEncoding.SameAs:
                ReadSame(ref input, values, earlier);
                break;
            case NumberEncoding.Dictionary:
                ReadTable(ref input, values);
                break;
            case NumberEncoding.Fixed:
                ReadFixed(ref input, values);
                break;
            case NumberEncoding.FixedDelta when count > 0:
                var sum = values[0] = input.Varint();
                ReadFixed(ref input, values[1..]);
                foreach (ref var value in values[1..]) value = sum += Unzigzag(value);
                break;
            case NumberEncoding.FixedFromTime when times.Length == count:
                ReadFixed(ref input, values);
                for (var row = 0; row < values.Length; row++) values[row] = times[row] + Unzigzag(values[row]);
                break;
            default:
                input.Break();
                break;
        }
    }

    private Span<ulong> Room()
    {
        if (_values.Length < _count) _values = new ulong[Math.Max(_count, 2 * _values.Length)];
        return _values.AsSpan(0, _count);
    }

    private static void ReadSame(ref BatchReader input, Span<ulong> values, ReadOnlySpan<ReadNumbers> earlier)
    {
        var column = input.Count(Math.Max(earlier.Length - 1, 0));
        if (column < earlier.Length && earlier[column].Count == values.Length) earlier[column].Values.CopyTo(values);
        else input.Break();
    }

    private static void ReadTable(ref BatchReader input, Span<ulong> values)
    {
        Span<ulong> table = stackalloc ulong[NumberTable.DistinctMax];
        var size = input.Count(NumberTable.DistinctMax);
        for (var place = 0; place < size; place++) table[place] = input.Varint();
        foreach (ref var value in values)
        {
            var place = input.Byte();
            if (place >= size || input.IsBroken)
            {
                input.Break();
                return;
            }

            value = table[place];
        }
    }

    private static void ReadFixed(ref BatchReader input, Span<ulong> values)
    {
        int width = input.Byte();
        if (width is < 1 or > sizeof(ulong)) input.Break();
        var bytes = input.Take(input.IsBroken ? 0 : width * values.Length);
        if (input.IsBroken) return;

        var mask = ulong.MaxValue >> (64 - 8 * width);
        for (var row = 0; row < values.Length; row++, bytes = bytes[width..])
        {
            values[row] = bytes.Length >= sizeof(ulong)
                ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) & mask
                : LastOf(bytes[..width]);
        }
    }

    /// <summary>Where fewer bytes than a word are left.</summary>
    private static ulong LastOf(ReadOnlySpan<byte> bytes)
    {
        var value = 0ul;
        for (var at = bytes.Length - 1; at >= 0; at--) value = value << 8 | bytes[at];
        return value;
    }

    private static ulong Unzigzag(ulong value) => (value >> 1) ^ (0 - (value & 1));
}

/// <summary>The texts of one column, read back. They lie in the batch.</summary>
internal sealed class ReadTexts
{
    private readonly ReadNumbers _places = new();
    private (int Offset, int Length)[] _distinct = [];
    private int _distinctCount;
    private byte[] _bytes = [];
    private bool _isPlain;
    private int _next;

    public bool HasNext => _isPlain ? _next < _distinctCount : _places.HasNext;

    public ReadOnlySpan<byte> Next()
    {
        var place = _isPlain ? (ulong)_next++ : _places.Next();
        if (place >= (ulong)_distinctCount) return default;

        var (offset, length) = _distinct[place];
        return _bytes.AsSpan(offset, length);
    }

    public void Read(ref BatchReader input, int count)
    {
        (_next, _distinctCount) = (0, 0);
        var encoding = (TextEncoding)input.Byte();
        _isPlain = encoding != TextEncoding.Dictionary;
        if (encoding == TextEncoding.Empty && count == 0) return;
        if (encoding is not (TextEncoding.Plain or TextEncoding.Dictionary))
        {
            input.Break();
            return;
        }

        _distinctCount = input.Count(count);
        if ((_isPlain && _distinctCount != count) || _distinctCount > input.Left) input.Break();
        if (input.IsBroken)
        {
            _distinctCount = 0;
            return;
        }
        if (_distinct.Length < _distinctCount)
        {
            _distinct = new (int, int)[Math.Max(_distinctCount, 2 * _distinct.Length)];
        }

        var total = 0;
        for (var place = 0; place < _distinctCount && !input.IsBroken; place++)
        {
            var length = input.Count(ushort.MaxValue);
            _distinct[place] = (total, length);
            total += length;
            if (total > BatchFormat.RecordBytesMax) input.Break();
        }

        if (input.IsBroken) return;
        var bytes = input.Take(total);
        if (_bytes.Length < bytes.Length) _bytes = new byte[Math.Max(bytes.Length, 2 * _bytes.Length)];
        bytes.CopyTo(_bytes);
        if (!_isPlain) _places.Read(ref input, count, [], []);
    }
}
