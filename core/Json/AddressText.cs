using NetSniff.Packets;

namespace NetSniff.Json;

/// <summary>Addresses as text; IPv4 without a detour over an object, since every line has two.</summary>
public static class AddressText
{
    /// <summary>Bytes of the longest: an IPv6 address that ends in dotted IPv4.</summary>
    public const int SizeMax = 45;

    public static int Format(Span<byte> text, Address address)
    {
        if (!address.IsV4) return address.Format(text);

        Span<byte> bytes = stackalloc byte[Address.Size];
        address.CopyTo(bytes);
        var used = 0;
        for (var index = 0; index < 4; index++)
        {
            if (index > 0) text[used++] = (byte)'.';
            var value = bytes[index];
            if (value >= 100) text[used++] = (byte)('0' + value / 100);
            if (value >= 10) text[used++] = (byte)('0' + value / 10 % 10);
            text[used++] = (byte)('0' + value % 10);
        }

        return used;
    }
}
