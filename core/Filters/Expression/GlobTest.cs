namespace NetSniff.Filters.Expression;

/// <summary>`like`: the whole text against a pattern where `*` is any run of octets and `?` any one.</summary>
internal sealed class GlobTest(CatalogField field, ushort[] pattern, bool ignoresCase) : TextTest(field)
{
    public const ushort AnyRun = 256;
    public const ushort AnyOne = 257;

    private readonly ushort[] _pattern = ignoresCase ? [.. pattern.Select(Fold)] : pattern;

    private static ushort Fold(ushort part) => part < AnyRun ? AsciiFold.Lower((byte)part) : part;

    /// <summary>Goes back only to the last `*`: if the rest fits nowhere behind that one, no earlier one can help. So
    /// the work is at most text times pattern.</summary>
    protected override bool HoldsFor(ReadOnlySpan<byte> text)
    {
        var pattern = _pattern;
        var (at, position, lastRun, retry) = (0, 0, -1, 0);
        while (position < text.Length)
        {
            if (at < pattern.Length && pattern[at] == AnyRun)
            {
                (lastRun, retry) = (at++, position);
            }
            else if (at < pattern.Length && (pattern[at] == AnyOne || pattern[at] == Octet(text[position])))
            {
                at++;
                position++;
            }
            else if (lastRun >= 0)
            {
                at = lastRun + 1;
                position = ++retry;
            }
            else
            {
                return false;
            }
        }

        while (at < pattern.Length && pattern[at] == AnyRun) at++;
        return at == pattern.Length;
    }

    private byte Octet(byte octet) => ignoresCase ? AsciiFold.Lower(octet) : octet;
}
