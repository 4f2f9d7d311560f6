using System.Globalization;

namespace NetSniff.Cli.Commands;

/// <summary>Sizes as people write them: `512Mi`, `20Gi`, `1000000`.</summary>
internal static class ByteSizes
{
    private static readonly (string Suffix, long Bytes)[] s_units =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40),
        ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
    ];

    /// <exception cref="UsageException">It is no size, or a smaller one.</exception>
    public static long? ParseOption(string option, string? text, long least)
    {
        if (text is null) return null;

        var (suffix, unit) = s_units.FirstOrDefault(one => text.EndsWith(one.Suffix, StringComparison.Ordinal), ("", 1));
        var isNumber = double.TryParse(
            text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out var number);
        var bytes = isNumber && number * unit < long.MaxValue ? (long)(number * unit) : -1;
        return bytes >= least
            ? bytes
            : throw new UsageException($"{option} is a size such as 512Mi or 20Gi, at least {Text(least)}, not '{text}'");
    }

    private static string Text(long bytes)
    {
        foreach (var (suffix, unit) in s_units.AsSpan(0, 4).ToArray().Reverse())
        {
            if (bytes >= unit && bytes % unit == 0) return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit}{suffix}");
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
