using System.Text;
using System.Text.RegularExpressions;

namespace NetSniff.Filters.Expression;

/// <summary>Keeps regular expressions small: the engine that never backtracks writes counted repetitions out, so that
/// `((a{999}){999}){999}` would be a thousand million states before the first record came.</summary>
internal static class RegexBudget
{
    /// <summary>States of all regular expressions of a filter together, roughly. Measured: with 1,600 of them a text of
    /// 60 kB made to hurt took 1.2 s the first time.</summary>
    public const int SizeMax = 1000;

    public const int PatternLengthMax = 1024;

    private const int DepthMax = 32;

    /// <summary>`\/` is the slash that does not close; everything else is the engine's business.</summary>
    public static string Unescape(ReadOnlySpan<char> inside)
    {
        var pattern = new StringBuilder(inside.Length);
        for (var index = 0; index < inside.Length; index++)
        {
            if (inside[index] == '\\' && index + 1 < inside.Length)
            {
                if (inside[index + 1] != '/') pattern.Append('\\');
                index++;
            }

            pattern.Append(inside[index]);
        }

        return pattern.ToString();
    }

    /// <summary>Why the pattern is not even tried, or null.</summary>
    public static string? Refuse(string pattern)
    {
        if (pattern.Length > PatternLengthMax) return $"a regular expression has at most {PatternLengthMax} characters";
        if (pattern.AsSpan().ContainsAnyExceptInRange('\t', '~'))
        {
            return @"a regular expression matches octets: write what is not ASCII as \xNN, in UTF-8";
        }

        // Cost must see what the engine sees; these few ways of writing would let a bracket or a count hide.
        foreach (var trick in (ReadOnlySpan<string>)["-[]", "-[^]", "[:", @"\c"])
        {
            if (!pattern.Contains(trick, StringComparison.Ordinal)) continue;
            return $"{trick} is not understood in a regular expression";
        }

        for (var open = pattern.IndexOf("(?", StringComparison.Ordinal); open >= 0;)
        {
            var end = open + 2;
            while (end < pattern.Length && pattern[end] is 'i' or 's' or 'm' or '-') end++;
            var isPlain = end < pattern.Length && pattern[end] is ':' or ')';
            if (!isPlain && !IsEscaped(pattern, open))
            {
                return "behind (? only : and the options i, m and s are understood";
            }

            open = pattern.IndexOf("(?", end, StringComparison.Ordinal);
        }

        return null;
    }

    /// <summary>States once counted repetitions are written out, an upper bound, at most int.MaxValue; -1 when the
    /// parentheses do not match, for then nothing is known.</summary>
    public static int Cost(string pattern)
    {
        Span<long> sums = stackalloc long[DepthMax + 1];
        sums.Clear();
        var (depth, atom, index) = (0, 0L, 0);
        while (index < pattern.Length)
        {
            var letter = pattern[index];
            if (letter == '{' && TryCount(pattern, ref index, out var times))
            {
                atom = Math.Min(atom * Math.Max(1, times), int.MaxValue);
                continue;
            }

            sums[depth] = Math.Min(sums[depth] + atom, int.MaxValue);
            atom = 1;
            index += letter == '\\' ? 2 : letter == '[' ? ClassLength(pattern.AsSpan(index)) : 1;
            if (letter == '(')
            {
                if (depth == DepthMax) return int.MaxValue;
                sums[++depth] = 0;
            }
            else if (letter == ')')
            {
                if (depth == 0) return -1;
                atom = sums[depth--] + 1;
            }
        }

        return depth > 0 ? -1 : (int)Math.Min(sums[0] + atom, int.MaxValue);
    }

    /// <summary>What the engine says, without the pattern it repeats in front.</summary>
    public static string Reason(Exception error)
    {
        if (error is RegexParseException parse) return $"{parse.Error} at its character {parse.Offset}";
        return "it needs a feature that could make it slow (look-around, back reference)";
    }

    /// <summary>`{n}`, `{n,}` or `{n,m}`; anything else in braces is plain text to the engine.</summary>
    private static bool TryCount(string pattern, ref int index, out int times)
    {
        times = 0;
        var most = 0;
        for (var at = index + 1; at < pattern.Length; at++)
        {
            var letter = pattern[at];
            if (char.IsAsciiDigit(letter))
            {
                times = Math.Min(times * 10 + (letter - '0'), 1_000_000);
                most = Math.Max(most, times);
            }
            else if (letter == ',')
            {
                times = 0;
            }
            else
            {
                if (letter != '}' || at == index + 1) return false;
                (times, index) = (most, at + 1);
                return true;
            }
        }

        return false;
    }

    private static bool IsEscaped(string pattern, int index)
    {
        var slashes = 0;
        while (slashes < index && pattern[index - 1 - slashes] == '\\') slashes++;
        return slashes % 2 == 1;
    }

    /// <summary>A class in brackets, whose first bracket may be a member. One that subtracts another ends at the
    /// inner bracket for us; the outer one then counts as a letter, which costs the same.</summary>
    private static int ClassLength(ReadOnlySpan<char> rest)
    {
        for (var index = rest is ['[', '^', ..] ? 3 : 2; index <= rest.Length; index++)
        {
            var last = rest[index - 1];
            if (last == '\\') index++;
            else if (last == ']' && index > (rest[1] == '^' ? 3 : 2)) return index;
        }

        return rest.Length;
    }
}
