using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>What to write instead of a value that does not suit its field.</summary>
internal static partial class FilterValues
{
    public static bool LooksNumeric(ReadOnlySpan<char> word) =>
        word is [>= '0' and <= '9', ..] or ['-' or '.', >= '0' and <= '9', ..];

    public static string HintFor(CatalogField field, string word)
    {
        switch (field.Kind)
        {
            case FieldKind.Number or FieldKind.Numbers:
                if (word is [>= '1' and <= '9', 'x' or 'X', 'x' or 'X']) return $"write {word[0]}00..{word[0]}99";
                if (TryNumber(word, out _)) return $"write {word} without quotes";
                return word is ['-', ..] ? "no number here is negative" : $"as in: {field.Example}";
            case FieldKind.Duration:
                if (TryDuration(word, out _)) return $"write {word} without quotes";
                return TryNumber(word, out _)
                    ? $"write {word}ms, {word}s or the like"
                    : "write one such as 5ms, 1.5s or 2m";
            case FieldKind.Time:
                return TryTime(word, out _)
                    ? $"write {word} without quotes"
                    : "write one such as 2026-01-31 or 2026-01-31T09:00:00Z";
            case FieldKind.Flag:
                return $"write {field.Name} or !{field.Name}";
            default:
                return $"as in: {field.Example}";
        }
    }
}
