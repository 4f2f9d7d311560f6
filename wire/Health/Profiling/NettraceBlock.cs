using System.Buffers.Binary;
using System.Text;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>Reads straight down a block; a short read gives zero and says so.</summary>
internal ref struct NettraceBlock(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool RanShort { get; private set; }

    public readonly bool IsAtEnd => _rest.IsEmpty || RanShort;

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)_rest.Length)
        {
            RanShort = true;
            return default;
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public byte Byte() => Bytes(1) is [var value] ? value : (byte)0;

    public short Int16() => Bytes(2) is { Length: 2 } two ? BinaryPrimitives.ReadInt16LittleEndian(two) : (short)0;

    public int Int32() => Bytes(4) is { Length: 4 } four ? BinaryPrimitives.ReadInt32LittleEndian(four) : 0;

    public ulong UInt64() => Bytes(8) is { Length: 8 } eight ? BinaryPrimitives.ReadUInt64LittleEndian(eight) : 0;

    /// <summary>Seven bits a byte, the lowest first.</summary>
    public ulong Varint()
    {
        var value = 0ul;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var one = Byte();
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80) break;
        }

        return value;
    }

    /// <summary>UTF-16 up to a zero.</summary>
    public string Text()
    {
        var length = 0;
        while (length + 1 < _rest.Length && (_rest[length] | _rest[length + 1]) != 0) length += 2;
        var text = Encoding.Unicode.GetString(Bytes(length));
        Bytes(2);
        return text;
    }
}
