using NetSniff.Packets;

namespace NetSniff.Streams;

/// <summary>The bytes of pieces: per datagram a list of chunks, in order and without overlap.</summary>
public sealed unsafe partial class IpDefragmenter
{
    // Three chunks hold a piece of an Ethernet's 1,500 bytes with little waste.
    private const int ChunkSize = 512;

    private readonly Chunk[] _chunks;
    private readonly byte[] _slab;
    private int _freeChunk;
    private int _chunksFree;
    private int _chunksTouched;

    private struct Chunk
    {
        public int Next;
        public ushort Offset;
        public ushort Length;

        /// <summary>The piece this came in, to know an exact duplicate.</summary>
        public ushort PieceOffset;
        public ushort PieceLength;

        public readonly int End => Offset + Length;
    }

    private Span<byte> ChunkBytes(int chunk) => _slab.AsSpan(chunk * ChunkSize, _chunks[chunk].Length);

    /// <summary>Checks a piece against the datagram's length, and keeps its bytes.</summary>
    private void Keep(int index, in Packet piece)
    {
        ref var slot = ref _slots[index];
        var offset = piece.FragmentOffset;
        var length = piece.PayloadWireLength;
        if (slot.Datagram.Packets > PiecesMax)
        {
            Counters.TooMany++;
            Spoil(ref slot);
            return;
        }

        if (offset > DatagramBytesMax - length)
        {
            Counters.TooLarge++;
            Spoil(ref slot);
            return;
        }

        if (piece.PayloadLength < length)
        {
            Counters.Cut++;
            Spoil(ref slot);
            return;
        }

        // An odd end of an inner piece cannot be followed by anything: receivers cut it off or drop the piece.
        var isLast = !piece.Is(PacketTraits.MoreFragments);
        if (!isLast && (length & 7) != 0)
        {
            Counters.Misaligned++;
            length &= ~7;
        }

        var end = offset + length;
        if (isLast ? slot.HighestEnd > end || (slot.TotalBytes >= 0 && slot.TotalBytes != end)
            : slot.TotalBytes >= 0 && end > slot.TotalBytes)
        {
            Conflict(ref slot);
            Spoil(ref slot);
            return;
        }

        if (isLast) slot.TotalBytes = end;
        slot.HighestEnd = Math.Max(slot.HighestEnd, end);
        if (length > 0) Place(index, offset, new ReadOnlySpan<byte>(piece.Data + piece.PayloadOffset, length));
    }

    /// <summary>Puts bytes where nothing is yet; what is there stays.</summary>
    private void Place(int index, int offset, ReadOnlySpan<byte> bytes)
    {
        ref var slot = ref _slots[index];
        var end = offset + bytes.Length;
        var before = -1;
        var here = slot.FirstChunk;
        if (slot.LastChunk >= 0 && _chunks[slot.LastChunk].End <= offset)
        {
            before = slot.LastChunk;
            here = -1;
        }

        while (here >= 0 && _chunks[here].End <= offset) (before, here) = (here, _chunks[here].Next);

        var piece = new Chunk { PieceOffset = (ushort)offset, PieceLength = (ushort)bytes.Length };
        var isOverlap = false;
        var isConflict = false;
        for (var at = offset; at < end;)
        {
            var free = here < 0 ? end : Math.Min(end, (int)_chunks[here].Offset);
            if (at < free)
            {
                if (!TryInsert(index, ref before, in piece, at, bytes[(at - offset)..(free - offset)])) return;
                at = free;
                continue;
            }

            ref var chunk = ref _chunks[here];
            var isRepeated = chunk.PieceOffset == piece.PieceOffset && chunk.PieceLength == piece.PieceLength;
            var until = Math.Min(end, chunk.End);
            var held = ChunkBytes(here)[(at - chunk.Offset)..(until - chunk.Offset)];
            isOverlap = true;
            isConflict |= !held.SequenceEqual(bytes[(at - offset)..(until - offset)])
                || (!isRepeated && !slot.Datagram.Source.IsV4);
            at = until;
            (before, here) = (here, chunk.Next);
        }

        if (isOverlap) Counters.Overlaps++;
        if (isConflict) Conflict(ref slot);

        // RFC 5722 section 4: overlap ends an IPv6 datagram, whichever bytes it brought.
        if (isConflict && !slot.Datagram.Source.IsV4) Spoil(ref slot);
    }

    /// <summary>Adds a run of chunks behind <paramref name="before"/>, and moves that to the last of them.</summary>
    private bool TryInsert(int index, ref int before, in Chunk piece, int offset, ReadOnlySpan<byte> bytes)
    {
        ref var slot = ref _slots[index];
        while (!bytes.IsEmpty)
        {
            var taken = TakeChunk(index);
            if (taken < 0)
            {
                Spoil(ref slot);
                return false;
            }

            ref var chunk = ref _chunks[taken];
            chunk = piece;
            chunk.Offset = (ushort)offset;
            chunk.Length = (ushort)Math.Min(bytes.Length, ChunkSize);
            bytes[..chunk.Length].CopyTo(ChunkBytes(taken));
            if (before < 0)
            {
                chunk.Next = slot.FirstChunk;
                slot.FirstChunk = taken;
            }
            else
            {
                chunk.Next = _chunks[before].Next;
                _chunks[before].Next = taken;
            }

            if (chunk.Next < 0) slot.LastChunk = taken;

            slot.ReceivedBytes += chunk.Length;
            offset += chunk.Length;
            bytes = bytes[chunk.Length..];
            before = taken;
        }

        return true;
    }

    /// <summary>A free chunk, if need be from the oldest datagram; none when the one asking is all there is.</summary>
    private int TakeChunk(int asking)
    {
        while (_freeChunk < 0)
        {
            if (_chunksTouched < _chunks.Length) return _chunksTouched++;

            var victim = _gathering.Head == asking ? _slots[asking].Newer : _gathering.Head;
            if (victim < 0) return -1;
            Depart(victim, DatagramFate.Evicted);
        }

        var chunk = _freeChunk;
        _freeChunk = _chunks[chunk].Next;
        _chunksFree--;
        return chunk;
    }

    private void FreeChunks(ref Slot slot)
    {
        for (var chunk = slot.FirstChunk; chunk >= 0;)
        {
            var next = _chunks[chunk].Next;
            _chunks[chunk].Next = _freeChunk;
            _freeChunk = chunk;
            _chunksFree++;
            chunk = next;
        }

        slot.FirstChunk = -1;
        slot.LastChunk = -1;
    }

    private void Conflict(ref Slot slot)
    {
        Counters.Conflicts++;
        slot.Datagram.IsConflicting = true;
    }

    /// <summary>It will never be whole: its bytes go, its pieces count on.</summary>
    private void Spoil(ref Slot slot)
    {
        FreeChunks(ref slot);
        slot.IsSpoiled = true;
    }
}
