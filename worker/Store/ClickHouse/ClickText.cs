using System.Globalization;
using System.Text;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Spells names and values so that they are nothing else.</summary>
internal static class ClickText
{
    public static string Name(string name) => "`" + name.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("`", "\\`", StringComparison.Ordinal) + "`";

    public static string Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    /// <summary>Any octets: what is not plain ASCII stands as an escape.</summary>
    public static string Text(ReadOnlySpan<byte> octets)
    {
        var text = new StringBuilder(octets.Length + 2).Append('\'');
        foreach (var octet in octets)
        {
            if (octet is >= 0x20 and < 0x7f and not ((byte)'\'' or (byte)'\\')) text.Append((char)octet);
            else text.Append(CultureInfo.InvariantCulture, $"\\x{octet:X2}");
        }

        return text.Append('\'').ToString();
    }

    public static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    // The smallest has no literal: it would be read as a positive number with a sign before it.
    public static string Number(long value) => value == long.MinValue
        ? "(-9223372036854775807 - 1)"
        : value.ToString(CultureInfo.InvariantCulture);

    public static string Address(UInt128 value) => $"unhex('{value.ToString("X32", CultureInfo.InvariantCulture)}')";

    /// <summary>`[1, 2]`: one literal however long, where the parts of `(1, 2)` are counted.</summary>
    public static string List(IEnumerable<string> values) => "[" + string.Join(", ", values) + "]";
}
