using System.Buffers.Binary;
using System.Buffers.Text;
using NetSniff.Packets;

namespace NetSniff.Protocols.Proxy;

/// <summary>Addresses as text, without an object for each.</summary>
internal static class AddressReader
{
    private const int V6Size = 16;

    public static bool TryRead(ReadOnlySpan<byte> text, out Address address) =>
        text.Contains((byte)':') ? TryReadV6(text, out address) : TryReadV4(text, out address);

    private static bool TryReadV4(ReadOnlySpan<byte> text, out Address address)
    {
        address = default;
        Span<byte> octets = stackalloc byte[4];
        for (var index = 0; index < octets.Length; index++)
        {
            if (!Utf8Parser.TryParse(text, out octets[index], out var read)) return false;

            text = text[read..];
            if (index == octets.Length - 1) break;
            if (text.IsEmpty || text[0] != '.') return false;
            text = text[1..];
        }

        address = Address.FromBytes(octets);
        return text.IsEmpty;
    }

    /// <summary>RFC 4291 section 2.2: eight groups, or fewer and `::` for those of zeros.</summary>
    private static bool TryReadV6(ReadOnlySpan<byte> text, out Address address)
    {
        address = default;
        Span<byte> octets = stackalloc byte[V6Size];
        octets.Clear();
        var gap = text.IndexOf("::"u8);
        if (gap < 0)
        {
            if (!TryReadGroups(text, octets, out var all) || all != V6Size) return false;
        }
        else
        {
            Span<byte> end = stackalloc byte[V6Size];
            if (!TryReadGroups(text[..gap], octets, out var before)) return false;
            if (!TryReadGroups(text[(gap + 2)..], end, out var behind) || before + behind > V6Size - 2) return false;
            end[..behind].CopyTo(octets[(V6Size - behind)..]);
        }

        address = Address.FromBytes(octets);
        return true;
    }

    /// <summary>Groups of hexadecimal digits; the last may be an IPv4 address.</summary>
    private static bool TryReadGroups(ReadOnlySpan<byte> text, Span<byte> octets, out int written)
    {
        written = 0;
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)':');
            var group = end < 0 ? text : text[..end];
            if (end == text.Length - 1) return false;

            text = end < 0 ? default : text[(end + 1)..];
            if (end < 0 && group.Contains((byte)'.'))
            {
                if (written > octets.Length - 4 || !TryReadV4(group, out var last)) return false;
                written += last.CopyTo(octets[written..]);
                continue;
            }

            if (written > octets.Length - 2 || group.Length is 0 or > 4) return false;
            if (!Utf8Parser.TryParse(group, out ushort value, out var read, 'x') || read != group.Length) return false;

            BinaryPrimitives.WriteUInt16BigEndian(octets[written..], value);
            written += 2;
        }

        return true;
    }
}
