namespace NetSniff.Pcap;

/// <summary>Turns an interface's ticks into nanoseconds since 1970: if_tsresol and if_tsoffset of pcapng.</summary>
internal readonly struct TimeScale
{
    private const byte BinaryResolution = 0x80;
    private const int NanoDigits = 9;
    private const long NanosPerSecond = 1_000_000_000;

    private readonly ulong _multiplier;
    private readonly ulong _plainTicksEnd;
    private readonly Int128 _offsetNanos;
    private readonly byte _resolution;

    /// <param name="resolution">A negative power of ten, or of two when the top bit is set.</param>
    public TimeScale(byte resolution, long offsetSeconds)
    {
        _resolution = resolution;
        _offsetNanos = (Int128)offsetSeconds * NanosPerSecond;
        if (resolution > NanoDigits) return;

        // The usual case is one multiplication, where it can neither overflow nor needs an offset.
        _multiplier = PowerOfTen(NanoDigits - resolution);
        _plainTicksEnd = offsetSeconds == 0 ? long.MaxValue / _multiplier : 0;
    }

    /// <summary>Microseconds, when an interface does not say.</summary>
    public static TimeScale Micro { get; } = new(6, 0);

    public long ToNanos(uint high, uint low)
    {
        var ticks = ((ulong)high << 32) | low;
        return ticks < _plainTicksEnd ? (long)(ticks * _multiplier) : ToNanosSlowly(ticks);
    }

    private long ToNanosSlowly(ulong ticks)
    {
        var exponent = _resolution & ~BinaryResolution;
        var isBinary = (_resolution & BinaryResolution) != 0;
        var nanos = (UInt128)ticks * NanosPerSecond; // below 2^94
        if (isBinary)
        {
            nanos >>= exponent;
        }
        else
        {
            for (; exponent > 0 && nanos != 0; exponent--) nanos /= 10;
        }

        return (long)Int128.Clamp((Int128)nanos + _offsetNanos, long.MinValue, long.MaxValue);
    }

    private static ulong PowerOfTen(int exponent)
    {
        var power = 1ul;
        for (; exponent > 0; exponent--) power *= 10;
        return power;
    }
}
