using System.Globalization;

namespace NetSniff.Cli.Commands;

/// <summary>Lengths of time as people type them: `30`, `30s`, `500ms`, `5m`, `1.5h`, `2d`.</summary>
internal static class Durations
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(36_525);

    private static readonly (string Unit, TimeSpan Length)[] s_units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>The value of an option; null when it was not given.</summary>
    /// <exception cref="UsageException">It is no length of time.</exception>
    public static TimeSpan? ParseOption(string name, string? text) => text is null
        ? null
        : Parse(text) ?? throw new UsageException($"{name} is a length of time such as 30s, 5m or 1h, not '{text}'");

    /// <summary>Without a unit it is seconds. Null when it is no length of time, or none that makes sense.</summary>
    public static TimeSpan? Parse(string text)
    {
        var unit = TimeSpan.FromSeconds(1);
        ReadOnlySpan<char> number = text;
        foreach (var (name, length) in s_units)
        {
            if (!text.EndsWith(name, StringComparison.Ordinal)) continue;

            unit = length;
            number = text.AsSpan(0, text.Length - name.Length);
            break;
        }

        const NumberStyles Style = NumberStyles.AllowDecimalPoint;
        if (!double.TryParse(number, Style, CultureInfo.InvariantCulture, out var count)) return null;

        var seconds = count * unit.TotalSeconds;
        return seconds > 0 && seconds <= s_longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }
}
