using System.Globalization;
using System.Text;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Spells names and values so that they are nothing else.</summary>
internal static class SqlText
{
    public static string Name(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    public static string Text(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>A text given as UTF-8. A zero octet cannot stand in SQL, so it is put in by a function.</summary>
    public static string Text(ReadOnlySpan<byte> utf8)
    {
        var text = Text(Encoding.UTF8.GetString(utf8));
        if (!text.Contains('\0', StringComparison.Ordinal)) return text;
        return "(" + text.Replace("\0", "' || chr(0) || '", StringComparison.Ordinal) + ")";
    }

    public static string Blob(ReadOnlySpan<byte> octets) => $"from_hex('{Convert.ToHexString(octets)}')";

    public static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture) + "::UBIGINT";

    public static string Number(long value) => value == long.MinValue
        ? "(-9223372036854775807 - 1)::BIGINT"
        : value.ToString(CultureInfo.InvariantCulture) + "::BIGINT";

    public static string Number(UInt128 value) => $"'{value.ToString(CultureInfo.InvariantCulture)}'::UHUGEINT";

    /// <summary>Earliest and latest moment that DuckDB reads from a number: about the years 1677 and 2262.</summary>
    private const long NanosMax = long.MaxValue - 1;
    private const long NanosMin = -9_223_286_400_000_000_000;

    public static string Time(long nanos) => $"make_timestamp_ns({Math.Clamp(nanos, NanosMin, NanosMax)
        .ToString(CultureInfo.InvariantCulture)})";
}
