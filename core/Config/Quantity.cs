using System.Globalization;

namespace NetSniff.Config;

/// <summary>Amounts and lengths of time as Kubernetes writes them.</summary>
public static class Quantity
{
    private static readonly (string Suffix, decimal Factor)[] s_units =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40), ("k", 1_000), ("M", 1_000_000),
        ("G", 1_000_000_000), ("T", 1_000_000_000_000), ("m", 0.001m), ("", 1),
    ];

    private static readonly (string Suffix, long Ticks)[] s_times =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>`512Mi`, `1.5`, `500m`.</summary>
    public static bool TryParse(string text, out decimal value)
    {
        value = 0;
        var (suffix, factor) = s_units.First(unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
        var isNumber = decimal.TryParse(
            text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out var number);
        if (!isNumber || number > 1_000_000_000_000_000) return false;

        value = number * factor;
        return true;
    }

    /// <summary>`1h30m`, `500ms`: parts one after the other, each with its unit.</summary>
    public static bool TryParseDuration(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        if (text.Length is 0 or > 32) return false;

        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9) return false;

            var letters = rest[digits..].IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? rest[digits..] : rest.Slice(digits, letters);
            var ticks = 0L;
            foreach (var (suffix, each) in s_times)
            {
                if (unit.SequenceEqual(suffix)) ticks = each;
            }

            if (ticks == 0) return false;
            span += TimeSpan.FromTicks(ticks * long.Parse(rest[..digits], CultureInfo.InvariantCulture));
            rest = rest[(digits + unit.Length)..];
        }

        return span > TimeSpan.Zero;
    }

    /// <summary>The same, or whole days, which Kubernetes does not write but people keep things for: `7d`.</summary>
    public static bool TryParseAge(string text, out TimeSpan span)
    {
        ArgumentNullException.ThrowIfNull(text);
        span = TimeSpan.Zero;
        if (!text.EndsWith('d')) return TryParseDuration(text, out span);

        var isNumber = ushort.TryParse(
            text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var days);
        span = TimeSpan.FromDays(days);
        return isNumber && days > 0;
    }
}
