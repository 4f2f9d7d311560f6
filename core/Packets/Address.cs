using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace NetSniff.Packets;

/// <summary>An IPv4 or IPv6 address in 16 bytes, network order; IPv4 is kept mapped (::ffff:a.b.c.d, RFC 4291 2.5.5.2).
/// </summary>
/// <remarks>The two halves are raw loads of the bytes on the wire, so equality and hashing are two word operations.
/// Ordering (community id, the symmetric key) must compare as big-endian: use <see cref="CompareTo"/>.</remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly partial struct Address(ulong first, ulong second) : IEquatable<Address>, IComparable<Address>
{
    public const int Size = 16;

    // 00 00 ff ff in bytes 8..11, as loaded on a little-endian machine.
    internal const ulong MappedPrefix = 0x0000_0000_ffff_0000;

    public readonly ulong First = first;
    public readonly ulong Second = second;

    /// <summary>From the four bytes on the wire, loaded as they lie (little-endian load).</summary>
    public static Address FromV4(uint raw) => new(0, MappedPrefix | ((ulong)raw << 32));

    public static Address FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromV4(BinaryPrimitives.ReadUInt32LittleEndian(bytes)),
        16 => new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])),
        _ => default,
    };

    public bool IsV4 => First == 0 && (uint)Second == (uint)MappedPrefix;

    /// <summary>The bytes on the wire: 4 or 16 of them.</summary>
    public int CopyTo(Span<byte> target)
    {
        if (IsV4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)(Second >> 32));
            return 4;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(target, First);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Second);
        return 16;
    }

    public int CompareTo(Address other)
    {
        var high = BinaryPrimitives.ReverseEndianness(First).CompareTo(BinaryPrimitives.ReverseEndianness(other.First));
        return high != 0
            ? high
            : BinaryPrimitives.ReverseEndianness(Second).CompareTo(BinaryPrimitives.ReverseEndianness(other.Second));
    }

    public bool Equals(Address other) => First == other.First && Second == other.Second;

    public override bool Equals(object? obj) => obj is Address other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(First, Second);

    public static bool operator ==(Address left, Address right) => left.Equals(right);

    public static bool operator !=(Address left, Address right) => !left.Equals(right);

    public static bool operator <(Address left, Address right) => left.CompareTo(right) < 0;

    public static bool operator >(Address left, Address right) => left.CompareTo(right) > 0;

    public static bool operator <=(Address left, Address right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Address left, Address right) => left.CompareTo(right) >= 0;

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[Size];
        return new IPAddress(bytes[..CopyTo(bytes)]);
    }

    public override string ToString() => ToIPAddress().ToString();
}
