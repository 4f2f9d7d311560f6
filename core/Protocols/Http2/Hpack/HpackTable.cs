using System.Diagnostics;
using System.Numerics;

namespace NetSniff.Protocols.Http2.Hpack;

/// <summary>The dynamic table of one direction (RFC 7541 section 2.3.2), as the encoder must see it.</summary>
/// <remarks>
/// Entries lie one after the other as lines `name: value`, so that showing a field is one copy. New ones are written
/// at the tail where a literal is decoded anyway; when the tail reaches the end, the living are moved to the front of
/// a buffer at least half empty, which keeps the cost per byte constant.
/// </remarks>
internal sealed class HpackTable
{
    /// <summary>Size before any SETTINGS (RFC 9113 section 6.5.2).</summary>
    public const int SizeDefault = 4096;

    /// <summary>What we keep, whatever the peers agreed on. Older entries are unknown from then on.</summary>
    public const int KeptBytesMax = 64 * 1024;

    /// <summary>What an entry weighs beside its octets (RFC 7541 section 4.1).</summary>
    private const int EntryOverhead = 32;
    private const int BytesStart = 1024;
    private const int EntriesStart = 32;

    /// <summary>What <see cref="Reset"/> leaves allocated: what a table of the default size can grow to, so that one
    /// connection after the other allocates nothing.</summary>
    private const int IdleBytesMax = 32 * 1024;

    private byte[] _bytes = [];
    private Entry[] _entries = [];
    private int _first;
    private int _tail;

    public int Count { get; private set; }

    /// <summary>As section 4.1 counts it.</summary>
    public int Size { get; private set; }

    /// <summary>The size the encoder set itself.</summary>
    public int SizeMax { get; private set; } = SizeDefault;

    /// <summary>There are, or may be, entries we have never seen or had to give up: an index beyond ours is unknown,
    /// not wrong.</summary>
    public bool IsLossy { get; private set; }

    /// <param name="index">0 is the newest.</param>
    public bool TryGet(int index, out Entry entry)
    {
        entry = default;
        if ((uint)index >= (uint)Count) return false;

        entry = _entries[(_first + Count - 1 - index) & (_entries.Length - 1)];
        return true;
    }

    /// <param name="index">0 is the newest; less than <see cref="Count"/>.</param>
    public ref readonly Entry At(int index) => ref _entries[(_first + Count - 1 - index) & (_entries.Length - 1)];

    public ReadOnlySpan<byte> LineOf(scoped in Entry entry) => _bytes.AsSpan(entry.Start, entry.LineLength);

    /// <summary>Unused bytes behind the last entry, at least so many. Moves the lines: get entries anew.</summary>
    public Span<byte> Tail(int room)
    {
        if (_bytes.Length - _tail < room) MakeRoom(room);
        return _bytes.AsSpan(_tail);
    }

    /// <summary>Makes the line that was written to the <see cref="Tail"/> the newest entry; older ones go for it.
    /// </summary>
    /// <returns>The line, good until the next call.</returns>
    public ReadOnlySpan<byte> Add(int nameLength, int valueLength, HeaderName name, bool isNameKnown)
    {
        var entry = new Entry(_tail, nameLength, valueLength, name, isNameKnown);
        var size = nameLength + valueLength + EntryOverhead;
        var sizeMax = Math.Min(SizeMax, KeptBytesMax);
        EvictTo(sizeMax - size);
        // Larger than the table: it empties it and is not kept (section 4.4).
        if (size <= sizeMax)
        {
            if (Count == _entries.Length) GrowEntries();
            _entries[(_first + Count++) & (_entries.Length - 1)] = entry;
            _tail += entry.LineLength;
            Size += size;
        }

        return LineOf(in entry);
    }

    public void Resize(int sizeMax)
    {
        SizeMax = sizeMax;
        // An emptied table holds nothing unknown either, unless it grows beyond what we keep.
        if (sizeMax == 0) IsLossy = false;
        EvictTo(Math.Min(sizeMax, KeptBytesMax));
    }

    /// <summary>Bytes were lost that may have changed the table: forget everything.</summary>
    public void Forget()
    {
        Clear();
        IsLossy = true;
    }

    public void Reset()
    {
        Clear();
        IsLossy = false;
        SizeMax = SizeDefault;
        if (_bytes.Length > IdleBytesMax) _bytes = [];
        if (_entries.Length * EntryOverhead > IdleBytesMax) _entries = [];
    }

    private void Clear() => (_first, _tail, Count, Size) = (0, 0, 0, 0);

    private void EvictTo(int size)
    {
        while (Size > size && Count > 0)
        {
            ref var oldest = ref _entries[_first];
            Size -= oldest.NameLength + oldest.ValueLength + EntryOverhead;
            _first = (_first + 1) & (_entries.Length - 1);
            Count--;
            if (SizeMax > KeptBytesMax) IsLossy = true;
        }
    }

    private void MakeRoom(int room)
    {
        var start = Count > 0 ? _entries[_first].Start : _tail;
        var live = _tail - start;
        var target = _bytes;
        if (2 * (live + room) > _bytes.Length)
        {
            target = new byte[BitOperations.RoundUpToPowerOf2((uint)Math.Max(BytesStart, 2 * (live + room)))];
        }

        _bytes.AsSpan(start, live).CopyTo(target);
        _bytes = target;
        _tail = live;
        for (var index = 0; index < Count; index++)
        {
            ref var entry = ref _entries[(_first + index) & (_entries.Length - 1)];
            entry = entry with { Start = entry.Start - start };
        }
    }

    private void GrowEntries()
    {
        Debug.Assert(Count < KeptBytesMax / EntryOverhead);
        var entries = new Entry[Math.Max(EntriesStart, 2 * _entries.Length)];
        for (var index = 0; index < Count; index++)
        {
            entries[index] = _entries[(_first + index) & (_entries.Length - 1)];
        }

        (_entries, _first) = (entries, 0);
    }

    /// <param name="IsNameKnown">False when the entry was named by one we do not have.</param>
    public readonly record struct Entry(
        int Start, int NameLength, int ValueLength, HeaderName Name, bool IsNameKnown)
    {
        public int LineLength => NameLength + 2 + ValueLength;
    }
}
