using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace NetSniff.Filters.Expression;

/// <summary>`matches`: a regular expression over octets, each taken as the Latin-1 character of its number.</summary>
/// <remarks>The engine does not backtrack, so the time grows with the text alone. One character a byte keeps positions
/// and makes any octets matchable; what is not ASCII is written `\xNN`.</remarks>
internal sealed class RegexTest(CatalogField field, Regex regex) : TextTest(field)
{
    // Texts are at most 65,535 bytes, so this grows a few times and then no more.
    private char[] _characters = new char[256];

    protected override bool HoldsFor(ReadOnlySpan<byte> text)
    {
        if (text.Length > _characters.Length)
        {
            _characters = new char[BitOperations.RoundUpToPowerOf2((uint)text.Length)];
        }

        var length = Encoding.Latin1.GetChars(text, _characters);
        return regex.IsMatch(_characters.AsSpan(0, length));
    }
}
