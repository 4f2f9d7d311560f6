using System.Runtime.CompilerServices;
using NetSniff.Buffers;

namespace NetSniff.Wire.Batches;

/// <summary>Reads the elements of a batch straight down. What runs short or contradicts itself gives zero and raises
/// <see cref="IsBroken"/>, which stays up.</summary>
internal ref struct BatchReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public bool IsBroken { get; private set; }

    /// <summary>Bytes that were not read yet.</summary>
    public readonly int Left => _bytes.Length - _position;

    public readonly bool IsAtEnd => _position == _bytes.Length;

    public void Break() => IsBroken = true;

    public byte Byte()
    {
        if (_position < _bytes.Length) return _bytes[_position++];
        IsBroken = true;
        return 0;
    }

    /// <summary>Most numbers are one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Varint()
    {
        var bytes = _bytes;
        var position = _position;
        if ((uint)position >= (uint)bytes.Length || bytes[position] >= 0x80) return LongVarint();

        _position = position + 1;
        return bytes[position];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong LongVarint()
    {
        var value = 0ul;
        for (var shift = 0; shift < 7 * ByteWriter.VarintSizeMax; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        IsBroken = true;
        return 0;
    }

    /// <summary>A number that must not be larger than a bound.</summary>
    public int Count(int max)
    {
        var value = Varint();
        if (value <= (ulong)max) return (int)value;
        IsBroken = true;
        return 0;
    }

    public ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)(_bytes.Length - _position))
        {
            IsBroken = true;
            return default;
        }

        _position += length;
        return _bytes.Slice(_position - length, length);
    }

    public ReadOnlySpan<byte> Text(int bytesMax) => Take(Count(bytesMax));
}
