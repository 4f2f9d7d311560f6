using NetSniff.Buffers;

namespace NetSniff.Wire.Batches;

/// <summary>Gathers the texts, or octets, of one column, each different one once.</summary>
internal sealed class TextColumn
{
    private const int SlotsMin = 64;

    private readonly ByteWriter _bytes = new();
    private readonly NumberColumn _rows = new();

    /// <summary>Where each different text begins in <see cref="_bytes"/>; the next one's beginning is its end.</summary>
    private int[] _starts = new int[SlotsMin / 2 + 1];
    private int _distinct;

    /// <summary>A text's hash in the upper half, its place plus one in the lower; 0 where nothing is.</summary>
    private ulong[] _slots = new ulong[SlotsMin];

    public int Count => _rows.Count;

    public void Add(ReadOnlySpan<byte> text) => _rows.Add((ulong)Place(text));

    public void Clear()
    {
        if (_distinct > 0) Array.Clear(_slots);
        _distinct = 0;
        _bytes.Clear();
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
        var isPlain = _distinct == Count;
        output.Put((byte)(isPlain ? TextEncoding.Plain : TextEncoding.Dictionary));
        output.PutVarint((ulong)_distinct);
        for (var place = 0; place < _distinct; place++) output.PutVarint((ulong)(_starts[place + 1] - _starts[place]));
        output.Put(_bytes.Written);
        if (!isPlain) _rows.Write(output, [], []);
    }

    private int Place(ReadOnlySpan<byte> text)
    {
        var hash = TextHash.Of(text);
        var slots = _slots;
        var mask = slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            var word = slots[slot];
            if (word == 0) return AddDistinct(text, hash, slot);
            if ((uint)(word >> 32) != hash) continue;

            var place = (int)(uint)word - 1;
            var start = _starts[place];
            if (_starts[place + 1] - start != text.Length) continue;
            if (_bytes.Written.Slice(start, text.Length).SequenceEqual(text)) return place;
        }
    }

    private int AddDistinct(ReadOnlySpan<byte> text, uint hash, int slot)
    {
        var place = _distinct++;
        if (_distinct == _starts.Length) Array.Resize(ref _starts, 2 * _starts.Length);
        _bytes.Put(text);
        _starts[_distinct] = _bytes.Length;
        _slots[slot] = (ulong)hash << 32 | (uint)_distinct;
        if (2 * _distinct > _slots.Length) Rehash();
        return place;
    }

    private void Rehash()
    {
        var old = _slots;
        _slots = new ulong[2 * old.Length];
        var mask = _slots.Length - 1;
        foreach (var word in old)
        {
            if (word == 0) continue;

            var slot = (int)(word >> 32) & mask;
            while (_slots[slot] != 0) slot = (slot + 1) & mask;
            _slots[slot] = word;
        }
    }
}
