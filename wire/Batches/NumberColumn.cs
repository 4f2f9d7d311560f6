using System.Numerics;
using System.Runtime.CompilerServices;
using NetSniff.Buffers;

namespace NetSniff.Wire.Batches;

/// <summary>Gathers the numbers of one column and writes them the shortest way it knows.</summary>
/// <remarks>Most columns of a batch are one number over and over: VLANs, the tunnel, the interface. Until a second one
/// comes it is only counted.</remarks>
internal sealed class NumberColumn
{
    private const int CapacityMin = 64;

    /// <summary>Numbers below it are one byte however they are written, so one after the other is the shortest.
    /// </summary>
    private const ulong OneByteMax = 0x80;

    [ThreadStatic]
    private static NumberTable? t_table;

    private ulong[] _values = [];
    private ulong _first;
    private ulong _bits;
    private int _count;

    /// <summary>Whether <see cref="_values"/> is in use; before, all are <see cref="_first"/>.</summary>
    private bool _isVaried;

    public int Count => _count;

    public ReadOnlySpan<ulong> Values
    {
        get
        {
            if (!_isVaried) Spread(_count);
            return _values.AsSpan(0, _count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong value)
    {
        var count = _count;
        if (_isVaried)
        {
            var values = _values;
            if ((uint)count < (uint)values.Length)
            {
                values[count] = value;
                _bits |= value;
                _count = count + 1;
                return;
            }
        }
        else if (value == _first && count > 0)
        {
            _count = count + 1;
            return;
        }

        AddSlowly(value);
    }

    public void Clear()
    {
        _count = 0;
        _isVaried = false;
    }

    /// <param name="times">The record times of the same rows, or empty where the column does not go with them.</param>
    /// <param name="earlier">Columns that the reader has by then.</param>
    public void Write(ByteWriter output, ReadOnlySpan<ulong> times, ReadOnlySpan<NumberColumn> earlier)
    {
        if (_count == 0)
        {
            output.Put((byte)NumberEncoding.Empty);
            return;
        }

        if (!_isVaried)
        {
            output.Put((byte)NumberEncoding.Constant);
            output.PutVarint(_first);
            return;
        }

        var values = Values;
        for (var column = 0; column < earlier.Length; column++)
        {
            if (!earlier[column].IsSame(values)) continue;

            output.Put((byte)NumberEncoding.SameAs);
            output.PutVarint((ulong)column);
            return;
        }

        if (_bits < OneByteMax) WriteBytes(output, values);
        else WriteShortest(output, values, times);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddSlowly(ulong value)
    {
        if (_count == 0)
        {
            (_first, _bits, _count) = (value, value, 1);
            return;
        }

        if (!_isVaried) Spread(_count + 1);
        if (_count == _values.Length) Array.Resize(ref _values, 2 * _count);
        _isVaried = true;
        _bits |= value;
        _values[_count++] = value;
    }

    /// <summary>Writes out what was only counted.</summary>
    private void Spread(int capacity)
    {
        if (_values.Length < capacity)
        {
            _values = new ulong[Math.Max(CapacityMin, (int)BitOperations.RoundUpToPowerOf2((uint)capacity))];
        }

        _values.AsSpan(0, _count).Fill(_first);
    }

    private bool IsSame(ReadOnlySpan<ulong> values) => _isVaried && Values.SequenceEqual(values);

    private static void WriteShortest(ByteWriter output, ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> times)
    {
        var table = t_table ??= new NumberTable();
        var (plain, delta) = Measure(values);
        var fromTime = times.IsEmpty ? long.MaxValue : MeasureFromTime(values, times);
        var listed = table.Gather(values);
        var least = Math.Min(Math.Min(plain, delta), Math.Min(fromTime, listed));
        if (least == listed) table.Write(output);
        else if (least == plain) WritePlain(output, values);
        else if (least == fromTime) WriteFromTime(output, values, times);
        else WriteDelta(output, values);
    }

    private static (long Plain, long Delta) Measure(ReadOnlySpan<ulong> values)
    {
        var (plain, delta) = (0L, 0L);
        var previous = 0ul;
        foreach (var value in values)
        {
            plain += ByteWriter.VarintSize(value);
            delta += ByteWriter.VarintSize(Zigzag(value - previous));
            previous = value;
        }

        return (plain, delta);
    }

    private static long MeasureFromTime(ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> times)
    {
        var bytes = 0L;
        for (var row = 0; row < values.Length; row++) bytes += ByteWriter.VarintSize(Zigzag(values[row] - times[row]));
        return bytes;
    }

    private static void WriteBytes(ByteWriter output, ReadOnlySpan<ulong> values)
    {
        output.Put((byte)NumberEncoding.Plain);
        var room = output.Room(values.Length)[..values.Length];
        for (var row = 0; row < room.Length; row++) room[row] = (byte)values[row];
        output.Advance(room.Length);
    }

    private static void WritePlain(ByteWriter output, ReadOnlySpan<ulong> values)
    {
        output.Put((byte)NumberEncoding.Plain);
        foreach (var value in values) output.PutVarint(value);
    }

    private static void WriteFromTime(ByteWriter output, ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> times)
    {
        output.Put((byte)NumberEncoding.FromTime);
        for (var row = 0; row < values.Length; row++) output.PutVarint(Zigzag(values[row] - times[row]));
    }

    private static void WriteDelta(ByteWriter output, ReadOnlySpan<ulong> values)
    {
        output.Put((byte)NumberEncoding.Delta);
        var previous = 0ul;
        foreach (var value in values)
        {
            output.PutVarint(Zigzag(value - previous));
            previous = value;
        }
    }

    /// <summary>Small differences of either sign become small numbers.</summary>
    private static ulong Zigzag(ulong difference) => (difference << 1) ^ (ulong)((long)difference >> 63);
}
