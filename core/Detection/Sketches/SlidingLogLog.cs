using System.Numerics;

namespace NetSniff.Detection.Sketches;

/// <summary>HyperLogLog over a sliding window: one sketch for each eighth of it, merged when it is asked.</summary>
/// <remarks>Flajolet and others 2007, with 1024 registers: the standard error is 1.04/sqrt(1024) = 3.3 %. Between 7/8
/// of the window and all of it counts.</remarks>
internal sealed class SlidingLogLog(long windowNanos)
{
    public const int Bytes = Slots * Registers;

    private const int Slots = 8;
    private const int IndexBits = 10;
    private const int Registers = 1 << IndexBits;

    // The paper's constant for so many registers.
    private const double Alpha = 0.7213 / (1 + 1.079 / Registers);

    private readonly byte[] _registers = new byte[Bytes];
    private readonly long _slotNanos = Math.Max(1, windowNanos / Slots);
    private long _newest = long.MinValue;
    private long _count;
    private bool _isCounted;

    public void Reset()
    {
        _registers.AsSpan().Clear();
        (_newest, _isCounted) = (long.MinValue, false);
    }

    /// <param name="value">A hash.</param>
    public void Add(ulong value, long timeNanos)
    {
        var slot = Math.Max(0, timeNanos) / _slotNanos;
        Advance(slot);
        if (slot <= _newest - Slots) return;

        var rank = (byte)(BitOperations.LeadingZeroCount(value << IndexBits | 1ul << (IndexBits - 1)) + 1);
        ref var register = ref Slot(slot)[(int)(value >> (64 - IndexBits))];
        if (register >= rank) return;

        register = rank;
        _isCounted = false;
    }

    public long Count(long nowNanos)
    {
        Advance(Math.Max(0, nowNanos) / _slotNanos);
        if (_isCounted) return _count;

        Span<byte> merged = stackalloc byte[Registers];
        merged.Clear();
        for (var slot = 0; slot < Slots; slot++)
        {
            var registers = _registers.AsSpan(slot * Registers, Registers);
            for (var index = 0; index < Registers; index++) merged[index] = Math.Max(merged[index], registers[index]);
        }

        _isCounted = true;
        return _count = Estimate(merged);
    }

    private static long Estimate(ReadOnlySpan<byte> registers)
    {
        var sum = 0.0;
        var empty = 0;
        foreach (var register in registers)
        {
            sum += 1.0 / (1ul << register);
            if (register == 0) empty++;
        }

        var estimate = Alpha * Registers * Registers / sum;
        // Few values: empty registers tell more than full ones.
        if (estimate <= 2.5 * Registers && empty > 0) estimate = Registers * Math.Log((double)Registers / empty);
        return (long)Math.Round(estimate);
    }

    private void Advance(long slot)
    {
        if (_newest == long.MinValue) _newest = slot;
        var passed = Math.Min(slot - _newest, Slots);
        for (var step = 1; step <= passed; step++) Slot(_newest + step).Clear();
        if (passed <= 0) return;

        _newest = slot;
        _isCounted = false;
    }

    private Span<byte> Slot(long slot) => _registers.AsSpan((int)((ulong)slot % Slots) * Registers, Registers);
}
