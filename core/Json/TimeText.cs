namespace NetSniff.Json;

/// <summary>Times as text for outputs that write many: what is the same within a second is kept from the last time.
/// </summary>
public sealed class TimeText
{
    private const int SecondBytes = 19; // 2026-09-01T08:00:01
    private const int Places = 64;
    private const long NanosPerSecond = 1_000_000_000;

    private readonly byte[] _texts = new byte[Places * SecondBytes];
    private readonly long[] _seconds = new long[Places];

    public TimeText() => Array.Fill(_seconds, long.MinValue);

    /// <summary>As <see cref="Timestamps.Eve"/>.</summary>
    public int Eve(Span<byte> text, long nanos)
    {
        var micros = (uint)(StartWith(text, nanos) / 1000);
        text[19] = (byte)'.';
        for (var index = 25; index > 19; index--) (text[index], micros) = ((byte)('0' + micros % 10), micros / 10);
        "+0000"u8.CopyTo(text[26..]);
        return Timestamps.EveSize;
    }

    /// <summary>As <see cref="Timestamps.Rfc3339"/>.</summary>
    public int Rfc3339(Span<byte> text, long nanos)
    {
        var fraction = StartWith(text, nanos);
        text[19] = (byte)'.';
        for (var index = 28; index > 19; index--)
        {
            (text[index], fraction) = ((byte)('0' + fraction % 10), fraction / 10);
        }

        text[29] = (byte)'Z';
        return Timestamps.Rfc3339Size;
    }

    /// <summary>Writes all but the fraction, which it returns.</summary>
    private uint StartWith(Span<byte> text, long nanos)
    {
        var second = Math.DivRem(nanos, NanosPerSecond, out var fraction);
        if (fraction < 0) (second, fraction) = (second - 1, fraction + NanosPerSecond);
        var place = (int)(second & (Places - 1));
        var kept = _texts.AsSpan(place * SecondBytes, SecondBytes);
        if (_seconds[place] != second)
        {
            Span<byte> whole = stackalloc byte[Timestamps.EveSize];
            Timestamps.Eve(whole, nanos);
            whole[..SecondBytes].CopyTo(kept);
            _seconds[place] = second;
        }

        kept.CopyTo(text);
        return (uint)fraction;
    }
}
