namespace NetSniff.Filters.Expression;

/// <summary>Points in time as people type them: `2026-01-31T09:00:00Z`, `2026-01-31`, or so long ago, `5m`, `1h30m`.
/// </summary>
public static class Moment
{
    public const string Examples = "2026-01-31T09:00:00Z, or so long ago such as 5m or 1h30m";

    /// <param name="nanos">Nanoseconds since 1970 UTC.</param>
    public static bool TryParse(string text, long nowNanos, out long nanos)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (FilterValues.TryTime(text, out nanos)) return true;
        if (text == "now") return (nanos = nowNanos) == nowNanos;
        if (!FilterValues.TryDuration(text, out var ago) || ago <= 0 || ago >= nowNanos) return false;

        nanos = nowNanos - ago;
        return true;
    }

    /// <summary>A length of time, `500ms`, `5m`, `1h30m`, in nanoseconds.</summary>
    public static bool TryParseLength(string text, out long nanos)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FilterValues.TryDuration(text, out nanos) && nanos > 0;
    }
}
