using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using NetSniff.Packets;

namespace NetSniff.Worker.Enrich;

/// <summary>Addresses that begin with the same bits.</summary>
/// <param name="Bits">Of the 128 that every address has here; an IPv4 network has 96 more than it is written with.
/// </param>
public readonly record struct IdentityNetwork(Address First, int Bits)
{
    private const int V4Bits = 96;

    /// <summary>`10.0.0.0/8`, `2001:db8::/32`, or an address alone.</summary>
    public static bool TryParse(string text, out IdentityNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryAddress(slash < 0 ? text : text[..slash], out var address)) return false;

        var bits = 128;
        if (slash >= 0)
        {
            var written = text.AsSpan(slash + 1);
            if (!int.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out bits)) return false;
            if (address.IsV4) bits += V4Bits;
            if (bits > 128) return false;
        }

        network = new IdentityNetwork(address, bits);
        return true;
    }

    public static bool TryAddress(string text, out Address address)
    {
        address = default;
        // The platform also reads "1" and "10.0.1" as addresses.
        var isV4 = text.Count(letter => letter == '.') == 3;
        if (!isV4 && !text.Contains(':', StringComparison.Ordinal)) return false;
        if (text.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(text, out var parsed)) return false;

        address = Address.FromBytes(parsed.GetAddressBytes());
        return true;
    }

    public bool Has(Address address)
    {
        var differing = Ordered(First) ^ Ordered(address);
        return Bits == 0 || differing >> (128 - Bits) == 0;
    }

    public override string ToString() => $"{First}/{(First.IsV4 ? Bits - V4Bits : Bits)}";

    private static UInt128 Ordered(Address address) => new(
        BinaryPrimitives.ReverseEndianness(address.First), BinaryPrimitives.ReverseEndianness(address.Second));
}
