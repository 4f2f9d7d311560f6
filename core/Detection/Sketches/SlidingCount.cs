using System.Runtime.CompilerServices;

namespace NetSniff.Detection.Sketches;

/// <summary>A sum over the last so long, in 32 slots: nothing older than the window counts, and what is younger than
/// 31/32 of it always does. Times may come out of order within the window.</summary>
internal struct SlidingCount
{
    public const int Slots = 32;

    /// <summary>So many too late in a row, and it is the clock that went back: counting begins anew.</summary>
    public const int LateRunMax = 64;

    private SlotArray _slots;
    private long _newest;
    private int _lateRun;

    public ulong Total { get; private set; }

    public static long SlotNanos(long windowNanos) => Math.Max(1, windowNanos / Slots);

    public void Reset()
    {
        _slots = default;
        (_newest, _lateRun, Total) = (long.MinValue, 0, 0);
    }

    /// <returns>False for what is older than the window that the newest one ends.</returns>
    public bool TryAdd(long timeNanos, long slotNanos, ulong amount)
    {
        var slot = SlotOf(timeNanos, slotNanos);
        if (_newest == long.MinValue) _newest = slot;
        if (slot <= _newest - Slots)
        {
            if (++_lateRun < LateRunMax) return false;

            Reset();
            _newest = slot;
        }

        _lateRun = 0;
        var passed = Math.Min(slot - _newest, Slots);
        for (var step = 1; step <= passed; step++)
        {
            ref var old = ref _slots[Place(_newest + step)];
            Total -= old;
            old = 0;
        }

        _newest = Math.Max(_newest, slot);
        // A sum that is full stays full.
        amount = Math.Min(amount, ulong.MaxValue - Total);
        _slots[Place(slot)] += amount;
        Total += amount;
        return true;
    }

    /// <summary>When the oldest slot that counts began.</summary>
    public readonly long FirstNanos(long slotNanos)
    {
        for (var slot = _newest - Slots + 1; slot < _newest; slot++)
        {
            if (_slots[Place(slot)] != 0) return Math.Max(0, slot) * slotNanos;
        }

        return _newest * slotNanos;
    }

    private static long SlotOf(long timeNanos, long slotNanos) => Math.Max(0, timeNanos) / slotNanos;

    private static int Place(long slot) => (int)((ulong)slot % Slots);

    [InlineArray(Slots)]
    private struct SlotArray
    {
        private ulong _first;
    }
}
