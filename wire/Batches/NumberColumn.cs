using NetSniff.Buffers;

namespace NetSniff.Wire.Batches;

/// <summary>Gathers the numbers of one column and writes them the shortest way it knows.</summary>
internal sealed class NumberColumn
{
    /// <summary>More different values than this are no dictionary.</summary>
    private const int DistinctMax = 255;

    private ulong[] _values = new ulong[64];
    private readonly Dictionary<ulong, byte> _places = [];
    private readonly ulong[] _table = new ulong[DistinctMax];

    public int Count { get; private set; }

    public ReadOnlySpan<ulong> Values => _values.AsSpan(0, Count);

    public void Add(ulong value)
    {
        if (Count == _values.Length) Array.Resize(ref _values, 2 * Count);
        _values[Count++] = value;
    }

    public void Clear() => Count = 0;

    /// <param name="times">The record times of the same rows, or empty where the column does not go with them.</param>
    /// <param name="earlier">Columns that the reader has by then.</param>
    public void Write(ByteWriter output, ReadOnlySpan<ulong> times, ReadOnlySpan<NumberColumn> earlier)
    {
        var values = Values;
        if (values.IsEmpty)
        {
            output.Put((byte)NumberEncoding.Empty);
            return;
        }

        if (values.IndexOfAnyExcept(values[0]) < 0)
        {
            output.Put((byte)NumberEncoding.Constant);
            output.PutVarint(values[0]);
            return;
        }

        for (var column = 0; column < earlier.Length; column++)
        {
            if (!earlier[column].Values.SequenceEqual(values)) continue;

            output.Put((byte)NumberEncoding.SameAs);
            output.PutVarint((ulong)column);
            return;
        }

        WriteShortest(output, values, times);
    }

    private void WriteShortest(ByteWriter output, ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> times)
    {
        var (plain, delta, fromTime) = (0L, 0L, times.IsEmpty ? long.MaxValue : 0L);
        var previous = 0ul;
        for (var row = 0; row < values.Length; row++)
        {
            plain += ByteWriter.VarintSize(values[row]);
            delta += ByteWriter.VarintSize(Zigzag(values[row] - previous));
            if (!times.IsEmpty) fromTime += ByteWriter.VarintSize(Zigzag(values[row] - times[row]));
            previous = values[row];
        }

        var table = TableBytes(values);
        var least = Math.Min(Math.Min(plain, delta), Math.Min(fromTime, table));
        if (least == table) WriteTable(output, values);
        else if (least == plain) WritePlain(output, values);
        else if (least == fromTime) WriteFromTime(output, values, times);
        else WriteDelta(output, values);
    }

    /// <summary>Size with a dictionary, or more than any when there are too many different values.</summary>
    private long TableBytes(ReadOnlySpan<ulong> values)
    {
        _places.Clear();
        var bytes = (long)values.Length + 2;
        var last = ~values[0];
        foreach (var value in values)
        {
            if (value == last) continue;
            last = value;
            if (!_places.TryAdd(value, (byte)_places.Count)) continue;
            if (_places.Count > DistinctMax) return long.MaxValue;
            _table[_places.Count - 1] = value;
            bytes += ByteWriter.VarintSize(value);
        }

        return bytes;
    }

    private void WriteTable(ByteWriter output, ReadOnlySpan<ulong> values)
    {
        output.Put((byte)NumberEncoding.Dictionary);
        output.PutVarint((ulong)_places.Count);
        foreach (var value in _table.AsSpan(0, _places.Count)) output.PutVarint(value);
        foreach (var value in values) output.Put(_places[value]);
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
