using System.Buffers.Binary;

namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>Reads straight down numbers as DWARF writes them; a short read gives zero and says so.</summary>
internal ref struct DwarfReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool RanShort { get; private set; }

    public readonly bool IsAtEnd => _rest.IsEmpty || RanShort;

    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            RanShort = true;
            return default;
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    public void Skip(ulong count) => Take(count);

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public ushort UInt16() => Take(2) is { Length: 2 } two ? BinaryPrimitives.ReadUInt16LittleEndian(two) : (ushort)0;

    public int Int32() => Take(4) is { Length: 4 } four ? BinaryPrimitives.ReadInt32LittleEndian(four) : 0;

    /// <summary>Seven bits a byte, the lowest first.</summary>
    public ulong Unsigned()
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

    /// <summary>The same, the highest bit of the last being the sign.</summary>
    public long Signed()
    {
        var value = 0L;
        for (var shift = 0; shift < 64;)
        {
            var one = Byte();
            value |= (long)(one & 0x7F) << shift;
            shift += 7;
            if (one >= 0x80) continue;
            return shift < 64 && (one & 0x40) != 0 ? value | -1L << shift : value;
        }

        return value;
    }

    /// <summary>Bytes up to a zero.</summary>
    public ReadOnlySpan<byte> Text()
    {
        var length = _rest.IndexOf((byte)0);
        if (length < 0)
        {
            RanShort = true;
            return default;
        }

        var text = Take((ulong)length);
        Skip(1);
        return text;
    }
}
