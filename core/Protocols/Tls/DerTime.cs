namespace NetSniff.Protocols.Tls;

/// <summary>UTCTime and GeneralizedTime (RFC 5280 section 4.1.2.5) as nanoseconds since 1970.</summary>
internal static class DerTime
{
    private const long NanosPerSecond = 1_000_000_000;
    private const long SecondsMax = long.MaxValue / NanosPerSecond;

    /// <summary>A time beyond what nanoseconds since 1970 can say (2262) becomes the last that can: "never" is written
    /// 9999-12-31 in certificates.</summary>
    public static bool TryRead(byte tag, ReadOnlySpan<byte> text, out long nanos)
    {
        nanos = 0;
        var yearDigits = tag switch { DerReader.UtcTime => 2, DerReader.GeneralizedTime => 4, _ => 0 };
        if (yearDigits == 0 || text.Length < yearDigits + 8) return false;

        var year = Number(text[..yearDigits]);
        // Two digits up to 49 mean 20xx.
        if (yearDigits == 2) year += year < 50 ? 2000 : 1900;
        text = text[yearDigits..];
        var (month, day, hour, minute) =
            (Number(text[..2]), Number(text[2..4]), Number(text[4..6]), Number(text[6..8]));
        // Seconds are optional in UTCTime before RFC 5280.
        var second = text.Length >= 10 && char.IsAsciiDigit((char)text[8]) ? Number(text[8..10]) : 0;
        if (year < 0 || month is < 1 or > 12 || day is < 1 or > 31 || hour is < 0 or > 23 || minute is < 0 or > 59
            || second is < 0 or > 60)
        {
            return false;
        }

        var seconds = Days(year, month, day) * 86400L + hour * 3600 + minute * 60 + second;
        nanos = Math.Clamp(seconds, -SecondsMax, SecondsMax) * NanosPerSecond;
        return true;
    }

    private static int Number(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit)) return -1;
            value = 10 * value + digit - '0';
        }

        return value;
    }

    // Days since 1970 in the proleptic Gregorian calendar; the year is taken to begin in March, so that the leap day is
    // its last.
    private static long Days(int year, int month, int day)
    {
        if (month <= 2) year--;
        var era = Math.DivRem(year, 400, out var yearOfEra);
        var dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146097L + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
    }
}
