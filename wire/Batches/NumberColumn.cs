using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Buffers;

namespace NetSniff.Wire.Batches;

/// <summary>Gathers the numbers of one column and writes them the shortest way it knows.</summary>
/// <remarks>Most columns of a batch are one number over and over: VLANs, the tunnel, the interface. Until a second one
/// comes it is only counted.</remarks>
internal sealed unsafe class NumberColumn
{
    private const int CapacityMin = 64;

    /// <summary>Lists may once have had many more numbers than a batch has records; room for those is given back once a
    /// batch takes less than a quarter of it.</summary>
    private const int CapacityKeptMax = BatchFormat.RecordsMax;

    /// <summary>Numbers below it are one byte however they are written, so one after the other is the shortest.
    /// </summary>
    private const ulong OneByteMax = 0x80;

    /// <summary>Numbers of a fixed size may be longer than the shortest by this part.</summary>
    private const int FixedLongerAtMost = 8;

    private const int DifferencesAtOnce = 64;

    [ThreadStatic]
    private static NumberTable? t_table;

    private ulong[] _values = [];

    /// <summary>Where <see cref="_values"/>, which is pinned, begins: asking the array would touch its head, a cache
    /// line more for each number of every column.</summary>
    private ulong* _start;
    private ulong _first;
    private ulong _bits;
    private int _count;

    /// <summary>Rows that <see cref="_values"/> has room for; 0 while it is not in use and all are
    /// <see cref="_first"/>.</summary>
    private int _room;

    public int Count => _count;

    public ReadOnlySpan<ulong> Values
    {
        get
        {
            if (_room == 0) Spread(_count);
            return _values.AsSpan(0, _count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong value)
    {
        var count = _count;
        if (count < _room)
        {
            _start[count] = value;
            _bits |= value;
            _count = count + 1;
        }
        else if (value == _first && _room == 0 && count > 0)
        {
            _count = count + 1;
        }
        else
        {
            AddSlowly(value);
        }
    }

    /// <summary>The same number for so many rows, at least one.</summary>
    public void Add(ulong value, int rows)
    {
        if (_room == 0 && (_count == 0 || value == _first))
        {
            (_first, _bits) = (value, value);
            _count += rows;
            return;
        }

        MakeRoom(rows);
        new Span<ulong>(_start + _count, rows).Fill(value);
        _bits |= value;
        _count += rows;
    }

    public void Add(ReadOnlySpan<ulong> values)
    {
        foreach (var value in values) Add(value);
    }

    /// <summary>A number of each row, going down.</summary>
    /// <param name="from">The first row's word.</param>
    /// <param name="stride">Words from one row to the next.</param>
    /// <param name="word">Which part of it is the number.</param>
    public void Add(ulong* from, int stride, int rows, RowWord word)
    {
        MakeRoom(rows);
        var to = _start + _count;
        var bits = word.Mask == ulong.MaxValue ? RowWords.Copy(from, stride, rows, to)
            : RowWords.Copy(from, stride, rows, to, word.Shift, word.Mask);
        _bits = _count == 0 ? bits : _bits | bits;
        _count += rows;
    }

    /// <summary>The numbers of some rows.</summary>
    /// <param name="from">The first row's word, all of which is the number.</param>
    /// <param name="rows">A bit for each that is meant; at least one.</param>
    [SkipLocalsInit]
    public void Add(ulong* from, int stride, ulong rows)
    {
        var values = stackalloc ulong[RowBlock.RowsMax];
        var (count, any, all) = RowWords.Copy(from, stride, rows, values);
        if (any == all)
        {
            // All who have it have the same, as optional fields mostly do.
            Add(any, count);
            return;
        }

        MakeRoom(count);
        new ReadOnlySpan<ulong>(values, count).CopyTo(new Span<ulong>(_start + _count, count));
        _bits = _count == 0 ? any : _bits | any;
        _count += count;
    }

    public void Clear()
    {
        var taken = _room == 0 ? 0 : _count;
        _count = 0;
        _room = 0;
        if (_values.Length > CapacityKeptMax && taken < _values.Length / 4) _values = [];
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

        if (_room == 0)
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
        else WriteShortest(output, values, _bits, times);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddSlowly(ulong value)
    {
        if (_count == 0)
        {
            (_first, _bits, _count) = (value, value, 1);
            return;
        }

        MakeRoom(1);
        _bits |= value;
        _start[_count++] = value;
    }

    /// <summary>From now on each row has its number written out, and there is room for some more.</summary>
    private void MakeRoom(int rows)
    {
        if (_room == 0) Spread(_count + rows);
        if (_values.Length < _count + rows)
        {
            var full = _values;
            Allocate((int)BitOperations.RoundUpToPowerOf2((uint)(_count + rows)));
            full.AsSpan(0, _count).CopyTo(_values);
        }

        _room = _values.Length;
    }

    /// <summary>Writes out what was only counted.</summary>
    private void Spread(int capacity)
    {
        if (_values.Length < capacity)
        {
            Allocate(Math.Max(CapacityMin, (int)BitOperations.RoundUpToPowerOf2((uint)capacity)));
        }

        _values.AsSpan(0, _count).Fill(_first);
    }

    private void Allocate(int capacity)
    {
        _values = GC.AllocateArray<ulong>(capacity, pinned: true);
        _start = (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_values));
    }

    private bool IsSame(ReadOnlySpan<ulong> values) => _room != 0 && Values.SequenceEqual(values);

    private static void WriteShortest(
        ByteWriter output, ReadOnlySpan<ulong> values, ulong bits, ReadOnlySpan<ulong> times)
    {
        var table = t_table ??= new NumberTable();
        var (plain, delta, deltaBits) = VarintSums.Measure(values, bits);
        var (fromTime, fromTimeBits) = times.IsEmpty ? (long.MaxValue, ulong.MaxValue)
            : VarintSums.MeasureBeside(values, times);
        var least = Math.Min(Math.Min(plain, delta), fromTime);
        var (width, deltaWidth, fromTimeWidth) = (BytesOf(bits), BytesOf(deltaBits), BytesOf(fromTimeBits));
        var leastWidth = Math.Min(Math.Min(width, deltaWidth), fromTimeWidth);
        var leastFixed = (long)values.Length * leastWidth;
        // A byte for each row is the least that places in a table take, so it may be out of the question at once.
        var listed = Math.Min(least, leastFixed) > values.Length + 2 ? table.Gather(values) : long.MaxValue;
        if (listed <= Math.Min(least, leastFixed)) table.Write(output);
        else if (leastFixed <= least + least / FixedLongerAtMost)
        {
            if (leastWidth == width) WriteFixed(output, values, width);
            else if (leastWidth == deltaWidth) WriteFixedDelta(output, values, deltaWidth);
            else WriteFixedFromTime(output, values, times, fromTimeWidth);
        }
        else if (least == plain) WritePlain(output, values);
        else if (least == fromTime) WriteFromTime(output, values, times);
        else WriteDelta(output, values);
    }

    private static int BytesOf(ulong bits) => (64 - BitOperations.LeadingZeroCount(bits | 1) + 7) / 8;

    private static void WriteFixed(ByteWriter output, ReadOnlySpan<ulong> values, int width)
    {
        output.Put((byte)NumberEncoding.Fixed);
        ref var at = ref BeginFixed(output, values.Length, width);
        foreach (var value in values) at = ref PutFixed(ref at, value, width);
        output.Advance(values.Length * width);
    }

    private static void WriteFixedDelta(ByteWriter output, ReadOnlySpan<ulong> values, int width)
    {
        output.Put((byte)NumberEncoding.FixedDelta);
        output.PutVarint(values[0]);
        ref var at = ref BeginFixed(output, values.Length - 1, width);
        var previous = values[0];
        foreach (var value in values[1..])
        {
            at = ref PutFixed(ref at, VarintSums.Zigzag(value - previous), width);
            previous = value;
        }

        output.Advance((values.Length - 1) * width);
    }

    private static void WriteFixedFromTime(
        ByteWriter output, ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> times, int width)
    {
        output.Put((byte)NumberEncoding.FixedFromTime);
        ref var at = ref BeginFixed(output, values.Length, width);
        for (var row = 0; row < values.Length; row++)
        {
            at = ref PutFixed(ref at, VarintSums.Zigzag(values[row] - times[row]), width);
        }

        output.Advance(values.Length * width);
    }

    private static ref byte BeginFixed(ByteWriter output, int rows, int width)
    {
        output.Put((byte)width);
        // All eight bytes of each are written, and those that are too many overwritten by the next.
        return ref MemoryMarshal.GetReference(output.Room(rows * width + sizeof(ulong)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte PutFixed(ref byte at, ulong value, int width)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(MemoryMarshal.CreateSpan(ref at, sizeof(ulong)), value);
        return ref Unsafe.Add(ref at, width);
    }

    private static void WriteBytes(ByteWriter output, ReadOnlySpan<ulong> values)
    {
        output.Put((byte)NumberEncoding.Plain);
        var room = output.Room(values.Length)[..values.Length];
        var row = 0;
        ref var start = ref MemoryMarshal.GetReference(values);
        for (; row <= room.Length - Vector256<ushort>.Count; row += Vector256<ushort>.Count)
        {
            var words = Vector256.Narrow(Eight(ref start, row), Eight(ref start, row + Vector256<uint>.Count));
            Vector128.Narrow(words.GetLower(), words.GetUpper()).CopyTo(room[row..]);
        }

        for (; row < room.Length; row++) room[row] = (byte)values[row];
        output.Advance(room.Length);

        static Vector256<uint> Eight(ref ulong start, int row) => Vector256.Narrow(
            Vector256.LoadUnsafe(ref start, (nuint)row),
            Vector256.LoadUnsafe(ref start, (nuint)(row + Vector256<ulong>.Count)));
    }

    private static void WritePlain(ByteWriter output, ReadOnlySpan<ulong> values)
    {
        output.Put((byte)NumberEncoding.Plain);
        output.Advance(Varint.Write(ref RoomFor(values.Length, output), values));
    }

    [SkipLocalsInit]
    private static void WriteFromTime(ByteWriter output, ReadOnlySpan<ulong> values, ReadOnlySpan<ulong> times)
    {
        output.Put((byte)NumberEncoding.FromTime);
        Span<ulong> differences = stackalloc ulong[DifferencesAtOnce];
        for (; !values.IsEmpty; values = values[differences.Length..], times = times[differences.Length..])
        {
            differences = differences[..Math.Min(differences.Length, values.Length)];
            VarintSums.DeltasBeside(values, times, differences);
            output.Advance(Varint.Write(ref RoomFor(differences.Length, output), differences));
        }
    }

    [SkipLocalsInit]
    private static void WriteDelta(ByteWriter output, ReadOnlySpan<ulong> values)
    {
        output.Put((byte)NumberEncoding.Delta);
        output.PutVarint(VarintSums.Zigzag(values[0]));
        Span<ulong> differences = stackalloc ulong[DifferencesAtOnce];
        for (; values.Length > 1; values = values[differences.Length..])
        {
            differences = differences[..Math.Min(differences.Length, values.Length - 1)];
            VarintSums.Deltas(values, differences);
            output.Advance(Varint.Write(ref RoomFor(differences.Length, output), differences));
        }
    }

    private static ref byte RoomFor(int numbers, ByteWriter output) =>
        ref MemoryMarshal.GetReference(output.Room(numbers * Varint.SizeMax));
}
