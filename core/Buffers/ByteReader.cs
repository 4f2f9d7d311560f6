using System.Buffers.Binary;

namespace NetSniff.Buffers;

/// <summary>Reads big-endian fields from borrowed bytes, straight down; asked once at the end whether all were there.
/// </summary>
/// <remarks>A read past the end returns zero and raises <see cref="RanShort"/>, which stays up. A decoder then reads
/// like the figure in its RFC, with one check at the end, and no input can make it throw.</remarks>
public ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public bool RanShort { get; private set; }

    /// <summary>Bytes not read yet; none after a short read, so that a loop that asks for more comes to its end.
    /// </summary>
    public readonly int Remaining => RanShort ? 0 : _bytes.Length - Position;

    public readonly ReadOnlySpan<byte> Rest => _bytes[Position..];

    public byte ReadByte() => Take(1) is [var value] ? value : (byte)0;

    public ushort ReadUInt16() =>
        Take(2) is { Length: 2 } field ? BinaryPrimitives.ReadUInt16BigEndian(field) : (ushort)0;

    public int ReadUInt24() => Take(3) is [var high, var middle, var low] ? (high << 16) | (middle << 8) | low : 0;

    public uint ReadUInt32() => Take(4) is { Length: 4 } field ? BinaryPrimitives.ReadUInt32BigEndian(field) : 0u;

    public ulong ReadUInt64() => Take(8) is { Length: 8 } field ? BinaryPrimitives.ReadUInt64BigEndian(field) : 0ul;

    /// <summary>The next <paramref name="count"/> bytes, or none of them when fewer are left.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (RanShort || (uint)count > (uint)(_bytes.Length - Position))
        {
            RanShort = true;
            return default;
        }

        var field = _bytes.Slice(Position, count);
        Position += count;
        return field;
    }

    public void Skip(int count) => Take(count);
}
