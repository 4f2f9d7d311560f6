namespace NetSniff.Detection.Rules;

/// <summary>Durations as custom resources write them: `1h30m`, `250ms`.</summary>
internal static class RuleDuration
{
    private const int DigitsMax = 5;
    private const int PartsMax = 4;

    public static bool TryParse(string text, out long nanos)
    {
        nanos = 0;
        var (at, parts) = (0, 0);
        while (at < text.Length)
        {
            var start = at;
            long number = 0;
            for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
            {
                if (at - start == DigitsMax) return false;
                number = number * 10 + (text[at] - '0');
            }

            if (at == start || ++parts > PartsMax) return false;
            if (!TryUnit(text.AsSpan(at), out var unit, out var length)) return false;
            nanos += number * unit;
            at += length;
        }

        return parts > 0 && nanos > 0;
    }

    private static bool TryUnit(ReadOnlySpan<char> rest, out long nanos, out int length)
    {
        (nanos, length) = rest switch
        {
            ['m', 's', ..] => (1_000_000L, 2),
            ['m', ..] => (60_000_000_000L, 1),
            ['s', ..] => (1_000_000_000L, 1),
            ['h', ..] => (3_600_000_000_000L, 1),
            _ => (0, 0),
        };
        return length > 0;
    }
}
