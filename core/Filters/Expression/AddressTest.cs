using System.Buffers.Binary;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>Addresses, networks and ranges, all as from…to in the order of the bytes on the wire.</summary>
internal sealed class AddressRanges
{
    // ::ffff:0:0/96, where IPv4 is kept.
    private static readonly UInt128 s_firstV4 = new(0, 0x0000_ffff_0000_0000);
    private static readonly UInt128 s_lastV4 = new(0, 0x0000_ffff_ffff_ffff);

    private readonly UInt128[] _bounds;

    private AddressRanges(List<UInt128> bounds) => _bounds = [.. bounds];

    /// <summary>First and last of each range, one after the other.</summary>
    internal ReadOnlySpan<UInt128> Bounds => _bounds;

    public static AddressRanges Of(IReadOnlyList<FilterLiteral> values)
    {
        var bounds = new List<UInt128>(2 * values.Count);
        foreach (var value in values)
        {
            // Who writes ::/0 means IPv6, though IPv4 lies in the middle of it.
            if (value.IsV6Only && value.FirstAddress < s_firstV4 && value.LastAddress > s_lastV4)
            {
                bounds.AddRange([value.FirstAddress, s_firstV4 - 1, s_lastV4 + 1, value.LastAddress]);
            }
            else
            {
                bounds.AddRange([value.FirstAddress, value.LastAddress]);
            }
        }

        return new AddressRanges(bounds);
    }

    public static UInt128 Ordered(Address address) => new(
        BinaryPrimitives.ReverseEndianness(address.First), BinaryPrimitives.ReverseEndianness(address.Second));

    public bool Has(Address address)
    {
        var value = Ordered(address);
        var bounds = _bounds;
        for (var index = 0; index + 1 < bounds.Length; index += 2)
        {
            if (value >= bounds[index] && value <= bounds[index + 1]) return true;
        }

        return false;
    }
}

internal sealed class AddressTest(CatalogField field, AddressRanges ranges, bool isNegated) : FilterTest
{
    private readonly FieldLookup _field = new(field);

    public override bool Holds(in RecordView record) =>
        _field.TryGet(in record, out var value) && isNegated != ranges.Has(value.Address);
}

internal sealed class HeaderAddressTest(HeaderField field, AddressRanges ranges, bool isNegated) : FilterTest
{
    public override bool Holds(in RecordView record)
    {
        ref readonly var header = ref record.Header;
        var has = field switch
        {
            HeaderField.SourceIp => ranges.Has(header.Client),
            HeaderField.TargetIp => ranges.Has(header.Server),
            _ => ranges.Has(header.Client) || ranges.Has(header.Server),
        };
        return isNegated != has;
    }
}
