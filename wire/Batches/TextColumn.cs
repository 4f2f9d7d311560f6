using System.Numerics;
using NetSniff.Buffers;

namespace NetSniff.Wire.Batches;

/// <summary>Gathers the texts, or octets, of one column, each different one once.</summary>
internal sealed class TextColumn
{
    private const int SlotsMin = 64;

    private readonly ByteWriter _bytes = new();
    private readonly List<(int Offset, int Length, uint Hash)> _distinct = [];
    private readonly NumberColumn _rows = new();
    private int[] _slots = new int[SlotsMin];

    public int Count => _rows.Count;

    public void Add(ReadOnlySpan<byte> text) => _rows.Add((ulong)Place(text));

    public void Clear()
    {
        if (_distinct.Count > 0) Array.Clear(_slots);
        _bytes.Clear();
        _distinct.Clear();
        _rows.Clear();
    }

    public void Write(ByteWriter output)
    {
        if (Count == 0)
        {
            output.Put((byte)TextEncoding.Empty);
            return;
        }

        // Where nearly all differ the places would say what the order says already.
        var isPlain = _distinct.Count == Count;
        output.Put((byte)(isPlain ? TextEncoding.Plain : TextEncoding.Dictionary));
        output.PutVarint((ulong)_distinct.Count);
        foreach (var (_, length, _) in _distinct) output.PutVarint((ulong)length);
        output.Put(_bytes.Written);
        if (!isPlain) _rows.Write(output, [], []);
    }

    private int Place(ReadOnlySpan<byte> text)
    {
        var hash = Crc32C.Of(text);
        var mask = _slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            var place = _slots[slot] - 1;
            if (place < 0) return AddDistinct(text, hash, slot);

            var (offset, length, seen) = _distinct[place];
            if (seen == hash && _bytes.Written.Slice(offset, length).SequenceEqual(text)) return place;
        }
    }

    private int AddDistinct(ReadOnlySpan<byte> text, uint hash, int slot)
    {
        _distinct.Add((_bytes.Length, text.Length, hash));
        _bytes.Put(text);
        _slots[slot] = _distinct.Count;
        if (2 * _distinct.Count > _slots.Length) Rehash();
        return _distinct.Count - 1;
    }

    private void Rehash()
    {
        _slots = new int[(int)BitOperations.RoundUpToPowerOf2((uint)(4 * _distinct.Count))];
        var mask = _slots.Length - 1;
        for (var place = 0; place < _distinct.Count; place++)
        {
            var slot = (int)_distinct[place].Hash & mask;
            while (_slots[slot] != 0) slot = (slot + 1) & mask;
            _slots[slot] = place + 1;
        }
    }
}
