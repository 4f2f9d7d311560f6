using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>Gathers the texts, or octets, of one column, each different one once.</summary>
/// <remarks>Texts have numbers, which are their places plus one; 0 is none.</remarks>
internal sealed class TextColumn
{
    private const int SlotsMin = 64;

    /// <summary>Room for more texts, or bytes of them, is given back once a batch takes less than a quarter of it.
    /// Somebody may fill a batch with them once in each column; who always has as many keeps it.</summary>
    private const int DistinctKeptMax = 8192;
    private const int BytesKeptMax = 256 << 10;

    private readonly TextHash _hash = TextHash.OfProcess;
    private ByteWriter _bytes = new();
    private readonly NumberColumn _rows = new();

    /// <summary>By number. The one of 0 is no text's, and what follows it is how lists begin.</summary>
    private Known[] _known = [];
    private int _distinct;

    private Slot[] _slots = [];

    /// <summary>The row before's text, which the next one often has too.</summary>
    private int _last;

    public TextColumn() => MakeRoom();

    public int Count => _rows.Count;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Add(ReadOnlySpan<byte> text)
    {
        ref var start = ref MemoryMarshal.GetReference(text);
        var (first, second) = TextHash.Ends(ref start, text.Length);
        var number = _last;
        if (!IsOf(in At(number), ref start, text.Length, first, second))
        {
            _last = number = Find(ref start, text.Length, first, second);
        }

        _rows.Add((ulong)number - 1);
    }

    /// <summary>Adds the texts of a list. The lists of a column mostly name the same in the same order, header lines
    /// above all: what followed the text before last time is tried first.</summary>
    /// <param name="packed">As a <see cref="TextList"/> has them.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void AddList(ReadOnlySpan<byte> packed)
    {
        var before = 0;
        ref var start = ref MemoryMarshal.GetReference(packed);
        for (var left = packed.Length; left >= sizeof(ushort);)
        {
            // Of our own process's making: each length is right.
            int length = Unsafe.ReadUnaligned<ushort>(ref start);
            start = ref Unsafe.Add(ref start, sizeof(ushort));
            left -= sizeof(ushort) + length;
            Debug.Assert(left >= 0, "no list ends within a text");
            var (first, second) = TextHash.Ends(ref start, length);
            var number = At(before).Follower;
            // What an earlier batch left there is a guess as any other.
            if (number > _distinct || !IsOf(in At(number), ref start, length, first, second))
            {
                number = Find(ref start, length, first, second);
                At(before).Follower = number;
            }

            before = number;
            _rows.Add((ulong)number - 1);
            start = ref Unsafe.Add(ref start, length);
        }
    }

    public void Clear()
    {
        if (_bytes.Capacity > BytesKeptMax && _bytes.Length < _bytes.Capacity / 4) _bytes = new ByteWriter();
        if (_known.Length > DistinctKeptMax && _distinct < _known.Length / 4) MakeRoom();
        else if (_distinct > 0) Array.Clear(_slots);
        _distinct = 0;
        _last = 0;
        _bytes.Clear();
        _rows.Clear();
    }

    private void MakeRoom()
    {
        _slots = new Slot[SlotsMin];
        _known = new Known[SlotsMin / 2 + 1];
        _known[0].Length = -1;
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
        foreach (ref readonly var known in _known.AsSpan(1, _distinct))
        {
            if (known.Length < 0x80) Unsafe.Add(ref start, at++) = (byte)known.Length;
            else at += Varint.Write(ref Unsafe.Add(ref start, at), (ulong)known.Length);
        }

        output.Advance(at);
    }

    [SkipLocalsInit]
    private int Find(ref byte start, int length, ulong first, ulong second)
    {
        var hash = _hash.Of(ref start, length, first, second);
        var slots = _slots;
        var mask = slots.Length - 1;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            // The mask keeps within the slots.
            ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(slots), at);
            if (slot.Number == 0)
            {
                slot = new Slot { Hash = hash, Number = _distinct + 1 };
                AddDistinct(MemoryMarshal.CreateReadOnlySpan(ref start, length), first, second);
                return _distinct;
            }

            if (slot.Hash == hash && IsOf(in At(slot.Number), ref start, length, first, second)) return slot.Number;
        }
    }

    /// <summary>A text of this batch, or one that follows by guess: there is always room for those.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Known At(int number) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_known), number);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsOf(in Known known, ref byte start, int length, ulong first, ulong second) =>
        known.Length == length && known.First == first && known.Second == second
        && (length <= TextHash.ShortMax || TextHash.AreSame(ref _bytes.At(known.Start), ref start, length));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddDistinct(ReadOnlySpan<byte> text, ulong first, ulong second)
    {
        var number = ++_distinct;
        if (number == _known.Length) Array.Resize(ref _known, 2 * number);
        ref var known = ref At(number);
        (known.First, known.Second) = (first, second);
        (known.Start, known.Length) = (_bytes.Length, text.Length);
        _bytes.Put(text);
        if (2 * number > _slots.Length) Rehash();
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

        /// <summary>The text's; 0 where nothing is.</summary>
        public int Number;
    }

    /// <summary>A text, of which mostly no more has to be looked at than this.</summary>
    private struct Known
    {
        /// <summary>Its <see cref="TextHash.Ends"/>.</summary>
        public ulong First;
        public ulong Second;

        /// <summary>In the bytes of all.</summary>
        public int Start;
        public int Length;

        /// <summary>Number of the text that followed it last in a list, perhaps of an earlier batch.</summary>
        public int Follower;
    }
}
