using System.Diagnostics;

namespace NetSniff.Json;

/// <summary>Times as text, digit by digit, in UTC unless an offset says otherwise.</summary>
public static class Timestamps
{
    /// <summary>`2026-09-01T08:00:01.123456+0000`, as EVE has it.</summary>
    public const int EveSize = 31;

    /// <summary>`2026-09-01T08:00:01.123456789Z`, RFC 3339.</summary>
    public const int Rfc3339Size = 30;

    /// <summary>`2026-09-01`.</summary>
    public const int DateSize = 10;

    /// <summary>`08:00:01.123`.</summary>
    public const int ClockSize = 12;

    /// <summary>`08:00:01`.</summary>
    public const int SecondsSize = 8;

    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>As records have times: nanoseconds since 1970 UTC.</summary>
    public static long Nanos(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    public static int Eve(Span<byte> text, long nanos)
    {
        var (time, fraction) = Split(nanos);
        DateTo(text, time);
        text[10] = (byte)'T';
        SecondsTo(text[11..], time);
        text[19] = (byte)'.';
        Digits(text.Slice(20, 6), (int)(fraction / 1000));
        "+0000"u8.CopyTo(text[26..]);
        return EveSize;
    }

    public static int Rfc3339(Span<byte> text, long nanos)
    {
        var (time, fraction) = Split(nanos);
        DateTo(text, time);
        text[10] = (byte)'T';
        SecondsTo(text[11..], time);
        text[19] = (byte)'.';
        Digits(text.Slice(20, 9), (int)fraction);
        text[29] = (byte)'Z';
        return Rfc3339Size;
    }

    public static int Date(Span<byte> text, long nanos, TimeSpan offset)
    {
        DateTo(text, Split(nanos).Time + offset);
        return DateSize;
    }

    public static int Clock(Span<byte> text, long nanos, TimeSpan offset)
    {
        var (time, fraction) = Split(nanos);
        SecondsTo(text, time + offset);
        text[8] = (byte)'.';
        Digits(text.Slice(9, 3), (int)(fraction / 1_000_000));
        return ClockSize;
    }

    public static DateTime Utc(long nanos) => Split(nanos).Time;

    // 64 bits of nanoseconds reach from 1677 to 2262, which DateTime holds.
    private static (DateTime Time, long Fraction) Split(long nanos)
    {
        var seconds = Math.DivRem(nanos, NanosPerSecond, out var fraction);
        if (fraction < 0) (seconds, fraction) = (seconds - 1, fraction + NanosPerSecond);
        return (DateTime.UnixEpoch.AddTicks(seconds * TimeSpan.TicksPerSecond), fraction);
    }

    private static void DateTo(Span<byte> text, DateTime time)
    {
        Digits(text[..4], time.Year);
        text[4] = (byte)'-';
        Digits(text.Slice(5, 2), time.Month);
        text[7] = (byte)'-';
        Digits(text.Slice(8, 2), time.Day);
    }

    private static void SecondsTo(Span<byte> text, DateTime time)
    {
        Digits(text[..2], time.Hour);
        text[2] = (byte)':';
        Digits(text.Slice(3, 2), time.Minute);
        text[5] = (byte)':';
        Digits(text.Slice(6, 2), time.Second);
    }

    private static void Digits(Span<byte> text, int value)
    {
        for (var index = text.Length - 1; index >= 0; index--)
        {
            text[index] = (byte)('0' + value % 10);
            value /= 10;
        }

        Debug.Assert(value == 0);
    }
}
