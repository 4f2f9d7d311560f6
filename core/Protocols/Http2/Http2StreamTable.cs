using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace NetSniff.Protocols.Http2;

/// <summary>The open streams of a connection by their number: open addressing, never more than half full.</summary>
internal sealed class Http2StreamTable
{
    /// <summary>Streams followed at a time; for one more the oldest is let go.</summary>
    public const int StreamsMax = 256;

    /// <summary>Parsers are pooled, and one that began with fewer would grow, one after the other, for long.</summary>
    private const int SlotsStart = 64;

    private Http2Stream?[] _slots = new Http2Stream?[SlotsStart];
    private long _sequence;

    public int Count { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Http2Stream? Find(uint id)
    {
        var slots = _slots;
        for (var index = Home(id); ; index = (index + 1) & (slots.Length - 1))
        {
            var stream = slots[index];
            if (stream is null || stream.Id == id) return stream;
        }
    }

    public Http2Stream Add(uint id)
    {
        Debug.Assert(Count < StreamsMax && Find(id) is null);
        if (2 * (Count + 1) > _slots.Length) Grow();
        var stream = Http2Pool.Current.RentStream();
        stream.Id = id;
        stream.Sequence = _sequence++;
        Place(stream);
        Count++;
        return stream;
    }

    /// <summary>Takes it out and gives it back to the pool.</summary>
    public void Remove(Http2Stream stream)
    {
        var slots = _slots;
        var mask = slots.Length - 1;
        var hole = Home(stream.Id);
        while (slots[hole] != stream) hole = (hole + 1) & mask;

        // Those behind move up, unless that would put them before their home.
        for (var index = (hole + 1) & mask; slots[index] is { } next; index = (index + 1) & mask)
        {
            if (((index - Home(next.Id)) & mask) < ((index - hole) & mask)) continue;

            slots[hole] = next;
            hole = index;
        }

        slots[hole] = null;
        Count--;
        Http2Pool.Current.Return(stream);
    }

    /// <summary>The one that opened first among those above a number, of one side (1 odd, 0 even) or of both (-1).
    /// </summary>
    public Http2Stream? Oldest(uint above = 0, int parity = -1)
    {
        Http2Stream? oldest = null;
        foreach (var stream in _slots)
        {
            if (stream is null || stream.Id <= above || (parity >= 0 && (stream.Id & 1) != parity)) continue;
            if (oldest is null || stream.Sequence < oldest.Sequence) oldest = stream;
        }

        return oldest;
    }

    public void MarkAllPartial()
    {
        foreach (var stream in _slots) stream?.IsPartial = true;
    }

    public void Clear()
    {
        for (var index = 0; Count > 0; index++)
        {
            if (_slots[index] is not { } stream) continue;

            _slots[index] = null;
            Count--;
            Http2Pool.Current.Return(stream);
        }

        _sequence = 0;
    }

    private int Home(uint id) => (int)(id * 0x9E37_79B1u >> (32 - BitOperations.Log2((uint)_slots.Length)));

    private void Place(Http2Stream stream)
    {
        var index = Home(stream.Id);
        while (_slots[index] is not null) index = (index + 1) & (_slots.Length - 1);
        _slots[index] = stream;
    }

    private void Grow()
    {
        var before = _slots;
        _slots = new Http2Stream?[2 * before.Length];
        foreach (var stream in before)
        {
            if (stream is not null) Place(stream);
        }
    }
}
