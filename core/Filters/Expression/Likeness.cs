namespace NetSniff.Filters.Expression;

/// <summary>How far two words are apart in slips of the finger.</summary>
public static class Likeness
{
    private const int WordMax = 64;

    /// <summary>The candidate least far away, or null when none is near: a third of its letters may be wrong.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(candidates);
        if (word.Length is 0 or > WordMax) return null;

        string? nearest = null;
        var least = Math.Min(3, 1 + word.Length / 4);
        foreach (var candidate in candidates)
        {
            if (candidate.Length > WordMax || Math.Abs(candidate.Length - word.Length) > least) continue;

            var distance = Distance(word, candidate);
            if (distance > least || (distance == least && nearest is not null)) continue;
            if (distance >= candidate.Length) continue;
            (nearest, least) = (candidate, distance);
        }

        return nearest;
    }

    /// <summary>Letters put in, left out, changed or swapped with their neighbour (optimal string alignment), case
    /// apart.</summary>
    private static int Distance(string left, string right)
    {
        Span<int> before = stackalloc int[WordMax + 1];
        Span<int> above = stackalloc int[WordMax + 1];
        Span<int> row = stackalloc int[WordMax + 1];
        for (var column = 0; column <= right.Length; column++) above[column] = column;
        for (var line = 1; line <= left.Length; line++)
        {
            row[0] = line;
            for (var column = 1; column <= right.Length; column++)
            {
                var isSame = Lower(left[line - 1]) == Lower(right[column - 1]);
                var cost = Math.Min(Math.Min(row[column - 1], above[column]) + 1, above[column - 1] + (isSame ? 0 : 1));
                var isSwapped = line > 1 && column > 1 && Lower(left[line - 1]) == Lower(right[column - 2])
                    && Lower(left[line - 2]) == Lower(right[column - 1]);
                row[column] = isSwapped ? Math.Min(cost, before[column - 2] + 1) : cost;
            }

            above.CopyTo(before);
            row.CopyTo(above);
        }

        return above[right.Length];
    }

    private static char Lower(char letter) => char.ToLowerInvariant(letter);
}
