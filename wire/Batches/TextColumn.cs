using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>Gathers the texts, or octets, of one column, each different one once.</summary>
internal sealed class TextColumn
{
    private const int SlotsMin = 64;

    private readonly ByteWriter _bytes = new();
    private readonly NumberColumn _rows = new();

    /// <summary>Where each different text begins in <see cref="_bytes"/>; the next one's beginning is its end.
    /// </summary>
    private int[] _starts = new int[SlotsMin / 2 + 1];
    private int _distinct;

    private Slot[] _slots = new Slot[SlotsMin];

    /// <summary>The place plus one of the row before's text, which the next one often has too; 0 for none.</summary>
    private int _last;

    /// <summary>By place plus one, and 0 for where a list begins: the place plus one of the text that followed last.
    /// What a batch left here is a guess as any other.</summary>
    private int[] _followers = [];

    public int Count => _rows.Count;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Add(ReadOnlySpan<byte> text)
    {
        var place = _last - 1;
        if (place < 0 || !IsAt(place, text))
        {
            place = Find(text);
            _last = place + 1;
        }

        _rows.Add((ulong)place);
    }

    /// <summary>Adds the texts of a list. The lists of a column mostly name the same in the same order, header lines
    /// above all: what followed the text before last time is tried first.</summary>
    /// <param name="packed">As a <see cref="TextList"/> has them.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void AddList(ReadOnlySpan<byte> packed)
    {
        var before = 0;
        while (packed.Length >= sizeof(ushort))
        {
            var end = sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(packed);
            var text = packed[sizeof(ushort)..end];
            packed = packed[end..];
            if (_followers.Length < _starts.Length) Array.Resize(ref _followers, _starts.Length);
            ref var follower = ref _followers[before];
            var guess = follower - 1;
            if ((uint)guess >= (uint)_distinct || !IsAt(guess, text))
            {
                follower = Find(text) + 1;
            }

            before = follower;
            _rows.Add((ulong)before - 1);
        }
    }

    public void Clear()
    {
        if (_distinct > 0) Array.Clear(_slots);
        _distinct = 0;
        _last = 0;
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
        WriteLengths(output);
        output.Put(_bytes.Written);
        if (!isPlain) _rows.Write(output, [], []);
    }

    private void WriteLengths(ByteWriter output)
    {
        ref var start = ref MemoryMarshal.GetReference(output.Room((_distinct + 1) * Varint.SizeMax));
        var at = 0;
        for (var place = 0; place < _distinct; place++)
        {
            var length = _starts[place + 1] - _starts[place];
            if (length < 0x80) Unsafe.Add(ref start, at++) = (byte)length;
            else at += Varint.Write(ref Unsafe.Add(ref start, at), (ulong)length);
        }

        output.Advance(at);
    }

    private int Find(ReadOnlySpan<byte> text)
    {
        var hash = TextHash.Of(text);
        var slots = _slots;
        var mask = slots.Length - 1;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            ref var slot = ref slots[at];
            if (slot.Number == 0) return AddDistinct(text, hash, ref slot);
            if (slot.Hash == hash && IsAt(slot.Number - 1, text)) return slot.Number - 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsAt(int place, ReadOnlySpan<byte> text)
    {
        ref var start = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_starts), place);
        if (Unsafe.Add(ref start, 1) - start != text.Length) return false;

        ref var known = ref _bytes.At(start);
        return TextHash.AreSame(ref known, ref MemoryMarshal.GetReference(text), text.Length);
    }

    private int AddDistinct(ReadOnlySpan<byte> text, uint hash, ref Slot slot)
    {
        var place = _distinct++;
        if (_distinct == _starts.Length) Array.Resize(ref _starts, 2 * _starts.Length);
        slot = new Slot { Hash = hash, Number = _distinct };
        _bytes.Put(text);
        _starts[_distinct] = _bytes.Length;
        if (2 * _distinct > _slots.Length) Rehash();
        return place;
    }

    private void Rehash()
    {
        var old = _slots;
        _slots = new Slot[2 * old.Length];
        var mask = _slots.Length - 1;
        foreach (ref readonly var slot in old.AsSpan())
        {
            if (slot.Number == 0) continue;

            var at = (int)slot.Hash & mask;
            while (_slots[at].Number != 0) at = (at + 1) & mask;
            _slots[at] = slot;
        }
    }

    /// <summary>All that a text that is new needs, in few bytes: half of those that are looked for are.</summary>
    private struct Slot
    {
        public uint Hash;

        /// <summary>The text's place plus one; 0 where nothing is.</summary>
        public int Number;
    }
}
