using System.Diagnostics;
using NetSniff.Buffers;

namespace NetSniff.Streams;

/// <summary>Puts the segments of one TCP direction in order: what is next is passed on at once, what is ahead waits in
/// a sorted list of copies.</summary>
/// <remarks>
/// Overlap policy: **the first bytes to arrive win**, as in BSD and most Windows versions; a later segment only adds
/// what is new in it. Where both are at hand the bytes are compared and differences counted. Bytes that were already
/// passed on are gone and cannot be compared.
/// <code>
///            Next           hole            pending
///   passed on |.............|###########|....|#####|
/// </code>
/// </remarks>
public class StreamHalf
{
    private Waiting[] _pending = [];
    private int _pendingCount;
    private int _pendingBytes;

    /// <summary>Sequence number of the byte that comes next.</summary>
    public uint Next;

    /// <summary>Whether <see cref="Next"/> means anything yet.</summary>
    public bool IsStarted;

    /// <summary>When the present hole was first seen.</summary>
    public long HoleSinceNanos;

    /// <summary>When the other side was first seen to acknowledge past the hole; 0 if it has not.</summary>
    public long HoleAckedNanos;

    /// <summary>When the segment that was taken last had come.</summary>
    public long TakenNanos { get; private set; }

    public bool HasPending => _pendingCount > 0;

    /// <summary>Sequence number of the first waiting byte.</summary>
    public uint PendingStart => _pending[0].Sequence;

    /// <summary>Keeps a segment that is ahead of <see cref="Next"/>. False: no room; the caller closes the hole.
    /// </summary>
    public bool TryKeep(
        uint sequence, ReadOnlySpan<byte> bytes, long nowNanos, BufferPool pool, StreamLimits limits,
        StreamCounters counters)
    {
        Debug.Assert((int)(sequence - Next) > 0);
        if (_pendingCount == 0) (HoleSinceNanos, HoleAckedNanos) = (nowNanos, 0);

        var at = FirstEndingAfter(sequence);
        while (!bytes.IsEmpty)
        {
            if (at == _pendingCount) return TryInsert(at, sequence, bytes, nowNanos, pool, limits, counters);

            var there = _pending[at];
            var before = (int)(there.Sequence - sequence);
            if (before > 0)
            {
                // The part before what is already there.
                var fresh = Math.Min(before, bytes.Length);
                if (!TryInsert(at, sequence, bytes[..fresh], nowNanos, pool, limits, counters)) return false;
                sequence += (uint)fresh;
                bytes = bytes[fresh..];
                at++;
                continue;
            }

            // The part that lies over it: first come, first kept.
            var offset = -before;
            var shared = Math.Min(there.Length - offset, bytes.Length);
            counters.Overlaps++;
            if (!there.Bytes.Slice(offset, shared).SequenceEqual(bytes[..shared])) counters.OverlapsConflicting++;
            sequence += (uint)shared;
            bytes = bytes[shared..];
            at++;
        }

        return true;
    }

    /// <summary>Takes the first waiting segment if it is next (after trimming what is old in it). The buffer goes to
    /// the caller, who gives it back to the pool.</summary>
    public bool TryTakeNext(BufferPool pool, out byte[] buffer, out int offset, out int length)
    {
        while (_pendingCount > 0)
        {
            var first = _pending[0];
            var old = (int)(Next - first.Sequence);
            if (old < 0) break;

            RemoveFirst();
            if (old >= first.Length)
            {
                pool.Return(first.Buffer);
                continue;
            }

            TakenNanos = first.Nanos;
            (buffer, offset, length) = (first.Buffer, old, first.Length - old);
            return true;
        }

        (buffer, offset, length) = ([], 0, 0);
        return false;
    }

    public virtual void Reset(BufferPool pool)
    {
        while (HasPending)
        {
            pool.Return(_pending[0].Buffer);
            RemoveFirst();
        }

        (Next, IsStarted, HoleSinceNanos, HoleAckedNanos) = (0, false, 0, 0);
    }

    /// <summary>Index of the first segment that ends after the sequence number.</summary>
    private int FirstEndingAfter(uint sequence)
    {
        // Mostly the new one goes last.
        var at = _pendingCount;
        while (at > 0 && (int)(_pending[at - 1].Sequence + (uint)_pending[at - 1].Length - sequence) > 0) at--;
        return at;
    }

    private bool TryInsert(
        int at, uint sequence, ReadOnlySpan<byte> bytes, long nowNanos, BufferPool pool, StreamLimits limits,
        StreamCounters counters)
    {
        var hasRoom = _pendingCount < limits.PendingSegmentsMax
            && _pendingBytes + bytes.Length <= limits.PendingBytesMax;
        if (!hasRoom || pool.TryRent(bytes.Length) is not { } buffer)
        {
            counters.PendingRefused++;
            return false;
        }

        bytes.CopyTo(buffer);
        Insert(at, new Waiting(sequence, bytes.Length, buffer, nowNanos));
        _pendingBytes += bytes.Length;
        counters.SegmentsPending++;
        return true;
    }

    private void Insert(int at, Waiting waiting)
    {
        if (_pendingCount == _pending.Length) Grow();
        Array.Copy(_pending, at, _pending, at + 1, _pendingCount - at);
        _pending[at] = waiting;
        _pendingCount++;
    }

    /// <summary>The list goes back with the last of them.</summary>
    private void RemoveFirst()
    {
        _pendingBytes -= _pending[0].Length;
        _pendingCount--;
        Array.Copy(_pending, 1, _pending, 0, _pendingCount);
        _pending[_pendingCount] = default;
        if (_pendingCount > 0) return;

        WaitingPool.Current.Return(_pending);
        _pending = [];
    }

    private void Grow()
    {
        var smaller = _pending;
        _pending = WaitingPool.Current.Rent(Math.Max(1 << WaitingPool.SmallestBits, 2 * smaller.Length));
        if (smaller.Length == 0) return;

        smaller.CopyTo(_pending, 0);
        Array.Clear(smaller);
        WaitingPool.Current.Return(smaller);
    }
}
