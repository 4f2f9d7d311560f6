using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;

namespace NetSniff.Wire.Batches;

/// <summary>The different numbers of a column, if they are few, and which of them each row has.</summary>
internal sealed class NumberTable
{
    /// <summary>More different values than this are no dictionary.</summary>
    public const int DistinctMax = 255;

    private const int SlotBits = 9;
    private const ulong Spread = 0x9e37_79b9_7f4a_7c15;

    private readonly ulong[] _values = new ulong[DistinctMax];

    private readonly Slot[] _slots = new Slot[1 << SlotBits];
    private byte[] _rows = [];
    private uint _round;
    private int _distinct;
    private int _count;

    /// <summary>Looks at a column.</summary>
    /// <returns>Its size when written so, or more than any when there are too many different values.</returns>
    public long Gather(ReadOnlySpan<ulong> values)
    {
        if (_rows.Length < values.Length) _rows = new byte[Math.Max(values.Length, 2 * _rows.Length)];
        if (++_round == 0)
        {
            Array.Clear(_slots);
            _round = 1;
        }

        (_distinct, _count) = (0, values.Length);
        var rows = _rows.AsSpan(0, values.Length);
        var bytes = (long)values.Length + 2;
        var (slots, round) = (_slots, _round);
        for (var row = 0; row < values.Length; row++)
        {
            var value = values[row];
            // So many bits are left of the product that it is within the slots, half of which are free.
            ref var slot = ref Unsafe.Add(
                ref MemoryMarshal.GetArrayDataReference(slots), (int)(value * Spread >> (64 - SlotBits)));
            if (slot.Value != value && slot.Round == round) slot = ref FindFurther(value);
            if (slot.Round != round)
            {
                if (_distinct == DistinctMax) return long.MaxValue;
                slot = new Slot { Value = value, Round = round, Place = _distinct };
                _values[_distinct++] = value;
                bytes += Varint.Size(value);
            }

            Unsafe.Add(ref MemoryMarshal.GetReference(rows), row) = (byte)slot.Place;
        }

        return bytes;
    }

    /// <summary>Writes what was gathered last.</summary>
    public void Write(ByteWriter output)
    {
        output.Put((byte)NumberEncoding.Dictionary);
        output.PutVarint((ulong)_distinct);
        foreach (var value in _values.AsSpan(0, _distinct)) output.PutVarint(value);
        output.Put(_rows.AsSpan(0, _count));
    }

    /// <summary>The slot that has the value, or the free one where it goes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref Slot FindFurther(ulong value)
    {
        var at = (int)(value * Spread >> (64 - SlotBits));
        while (_slots[at].Round == _round && _slots[at].Value != value) at = (at + 1) & ((1 << SlotBits) - 1);
        return ref _slots[at];
    }

    private struct Slot
    {
        public ulong Value;

        /// <summary>When it was last filled in: so nothing has to be cleared between columns.</summary>
        public uint Round;

        /// <summary>In the dictionary.</summary>
        public int Place;
    }
}
