using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Filters.Expression;

/// <summary>Reads the values that words and quoted texts stand for.</summary>
internal static partial class FilterValues
{
    private static readonly SearchValues<char> s_decimal = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private static readonly (string Suffix, ulong Factor)[] s_factors =
    [
        ("Ki", 1ul << 10), ("Mi", 1ul << 20), ("Gi", 1ul << 30), ("Ti", 1ul << 40),
        ("k", 1_000), ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
    ];

    private static readonly (string Unit, long Nanos)[] s_units =
    [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ];

    /// <summary>`1500`, `0x5dc`, `1.5k`, `64Ki`.</summary>
    public static bool TryNumber(ReadOnlySpan<char> word, out ulong value)
    {
        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(word[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        if (ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value)) return true;
        foreach (var (suffix, factor) in s_factors)
        {
            if (!word.EndsWith(suffix, StringComparison.Ordinal)) continue;
            return TryScaled(word[..^suffix.Length], factor, out value);
        }

        return false;
    }

    /// <summary>`5ms`, `1.5s`, `1h30m`; a minus may stand in front, and zero needs no unit.</summary>
    public static bool TryDuration(ReadOnlySpan<char> word, out long nanos)
    {
        nanos = 0;
        var isNegative = word is ['-', ..];
        if (isNegative) word = word[1..];
        if (word is "0") return true;
        if (word.IsEmpty) return false;

        while (!word.IsEmpty)
        {
            var digits = word.IndexOfAnyExcept(s_decimal);
            if (digits <= 0) return false;

            var letters = word[digits..].IndexOfAny(s_decimal);
            var unit = letters < 0 ? word[digits..] : word.Slice(digits, letters);
            if (!TryUnit(unit, out var factor) || !TryScaled(word[..digits], (ulong)factor, out var part)) return false;
            if (part > (ulong)(long.MaxValue - nanos)) return false;

            nanos += (long)part;
            word = word[(digits + unit.Length)..];
        }

        if (isNegative) nanos = -nanos;
        return true;
    }

    /// <summary>An address, or a network with its prefix length.</summary>
    public static bool TryNetwork(ReadOnlySpan<char> word, out UInt128 first, out UInt128 last)
    {
        first = last = default;
        var slash = word.IndexOf('/');
        var host = slash < 0 ? word : word[..slash];
        // The platform also reads "1" and "0x7f.1" as addresses; here an address has four numbers or colons.
        var isV4 = host.Count('.') == 3 && !host.Contains(':');
        if (host.ContainsAny("xX%") || (!isV4 && !host.Contains(':'))) return false;
        if (!IPAddress.TryParse(host, out var parsed)) return false;

        Span<byte> bytes = stackalloc byte[Address.Size];
        if (!parsed.TryWriteBytes(bytes, out var written)) return false;

        var bits = 8 * written;
        var prefix = bits;
        if (slash >= 0)
        {
            var length = word[(slash + 1)..];
            if (!int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out prefix)) return false;
            if (prefix > bits) return false;
        }

        var free = bits - prefix;
        var rest = free == 128 ? UInt128.MaxValue : (UInt128.One << free) - 1;
        first = AddressRanges.Ordered(Address.FromBytes(bytes[..written])) & ~rest;
        last = first | rest;
        return true;
    }

    /// <summary>Octets in hex, alone or parted by colons or dashes.</summary>
    public static bool TryHex(ReadOnlySpan<char> word, out byte[] bytes)
    {
        bytes = [];
        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) word = word[2..];
        var hex = word.ToString();
        if (hex is [_, _, ':' or '-', ..]) hex = hex.Replace(hex[2..3], "", StringComparison.Ordinal);
        if (hex.Length == 0 || hex.Length % 2 != 0 || hex.AsSpan().ContainsAnyExcept(s_hexDigits)) return false;

        bytes = Convert.FromHexString(hex);
        return true;
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static bool TryUnit(ReadOnlySpan<char> unit, out long nanos)
    {
        foreach (var (known, factor) in s_units)
        {
            nanos = factor;
            if (unit.SequenceEqual(known)) return true;
        }

        nanos = 0;
        return false;
    }

    /// <summary>Decimal digits, perhaps with a point, times a factor; the product must be whole and fit.</summary>
    private static bool TryScaled(ReadOnlySpan<char> digits, ulong factor, out ulong value)
    {
        value = 0;
        const NumberStyles plain = NumberStyles.AllowDecimalPoint;
        // Beyond 28 digits a decimal rounds; nobody means that.
        if (digits.Length is 0 or > 28) return false;
        if (!decimal.TryParse(digits, plain, CultureInfo.InvariantCulture, out var number)) return false;
        if (number > (decimal)(ulong.MaxValue / factor) + 1) return false;
        var product = number * factor;
        if (product > ulong.MaxValue || product != decimal.Truncate(product)) return false;
        value = (ulong)product;
        return true;
    }
}
