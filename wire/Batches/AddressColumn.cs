using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Packets;

namespace NetSniff.Wire.Batches;

/// <summary>Gathers the addresses of one column, each different one once: a <see cref="TextColumn"/> of texts that are
/// all two words long, and written as one.</summary>
internal sealed class AddressColumn
{
    private const int SlotsMin = 64;

    private readonly TextHash _hash = TextHash.OfProcess;
    private readonly NumberColumn _rows = new();
    private Address[] _distinct = new Address[SlotsMin / 2];
    private int _count;

    /// <summary>By hash: the place plus one; 0 where nothing is.</summary>
    private int[] _slots = new int[SlotsMin];

    /// <remarks>Most are where they are looked for first. The rest is a method of its own, so that those need no
    /// registers saved.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Add(in Address address)
    {
        var (slots, hash) = (_slots, (int)HashOf(in address));
        // The mask keeps within the slots, and a slot never has more than there are addresses.
        var place = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(slots), hash & (slots.Length - 1)) - 1;
        if (place >= 0 && Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_distinct), place) == address)
        {
            _rows.Add((ulong)place);
            return;
        }

        Search(in address, hash);
    }

    public void Clear()
    {
        if (_count > 0) Array.Clear(_slots);
        _count = 0;
        _rows.Clear();
    }

    public void Write(ByteWriter output)
    {
        if (_rows.Count == 0)
        {
            output.Put((byte)TextEncoding.Empty);
            return;
        }

        var isPlain = _count == _rows.Count;
        output.Put((byte)(isPlain ? TextEncoding.Plain : TextEncoding.Dictionary));
        output.PutVarint((ulong)_count);
        output.Room(_count)[.._count].Fill(Address.Size);
        output.Advance(_count);
        output.Put(MemoryMarshal.AsBytes(_distinct.AsSpan(0, _count)));
        if (!isPlain) _rows.Write(output, [], []);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint HashOf(in Address address) => _hash.Of(address.First, address.Second);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Search(in Address address, int hash)
    {
        var mask = _slots.Length - 1;
        for (var at = hash & mask; ; at = (at + 1) & mask)
        {
            var place = _slots[at] - 1;
            if (place < 0) place = AddDistinct(in address, at);
            else if (_distinct[place] != address) continue;

            _rows.Add((ulong)place);
            return;
        }
    }

    private int AddDistinct(in Address address, int slot)
    {
        var place = _count++;
        if (place == _distinct.Length) Array.Resize(ref _distinct, 2 * place);
        _distinct[place] = address;
        _slots[slot] = _count;
        if (2 * _count > _slots.Length) Rehash();
        return place;
    }

    private void Rehash()
    {
        _slots = new int[2 * _slots.Length];
        var mask = _slots.Length - 1;
        for (var place = 0; place < _count; place++)
        {
            var at = (int)HashOf(in _distinct[place]) & mask;
            while (_slots[at] != 0) at = (at + 1) & mask;
            _slots[at] = place + 1;
        }
    }
}
